namespace Quiescent.Top;

internal sealed record TopOptions
{
    /// <summary>Null: the only process that has domains.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Part of the process's name.</summary>
    public string? Name { get; init; }

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long it runs; null without end.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>How long it waits for a process's first domain.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Ends after the first full interval.</summary>
    public bool Once { get; init; }

    public bool Json { get; init; }
}
