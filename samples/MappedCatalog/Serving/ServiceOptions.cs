namespace MappedCatalog.Serving;

/// <summary>How the service behaves.</summary>
internal sealed record ServiceOptions
{
    /// <summary>Where it listens; port 0 takes a free one.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:5080";

    /// <summary>From one swap to the next.</summary>
    public TimeSpan SwapInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A posted request that takes longer is ended, as its section keeps replaced files mapped.</summary>
    public TimeSpan SectionLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether each look-up is compared with the table in memory.</summary>
    public bool Verify { get; init; }

    /// <summary>Whether the service begins with its own load on.</summary>
    public bool Load { get; init; }
}
