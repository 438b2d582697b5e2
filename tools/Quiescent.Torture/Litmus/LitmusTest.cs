namespace Quiescent.Torture.Litmus;

/// <summary>
/// A few loads and stores on real threads, run over and over, and an outcome that must not occur. The control is the
/// same program without the very thing that forbids the outcome: the subject's silence counts only where the control
/// shows it.
/// </summary>
internal sealed record LitmusTest(string Name, string Forbidden, LitmusProgram Control, LitmusProgram Subject)
{
    /// <summary>Why the control cannot fail on this machine at all; null where it can.</summary>
    public string? NotObservableHere { get; init; }
}

/// <summary>Runs for a slice of time, or until it sees the forbidden outcome.</summary>
internal delegate LitmusOutcome LitmusProgram(LitmusSlice slice);

/// <summary>How long one turn lasts, and the seed of its random lengths.</summary>
internal readonly record struct LitmusSlice(TimeSpan Time, uint Seed);

/// <summary>How often the outcome could have occurred, and how often it did.</summary>
internal readonly record struct LitmusOutcome(long Runs, long Failures)
{
    public static LitmusOutcome operator +(LitmusOutcome left, LitmusOutcome right) =>
        new(left.Runs + right.Runs, left.Failures + right.Failures);
}
