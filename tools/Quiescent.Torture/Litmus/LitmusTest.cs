namespace Quiescent.Torture.Litmus;

/// <summary>
/// A few loads and stores on real threads, run over and over, and an outcome that must not be seen. The control is the
/// same program without the very thing that forbids the outcome: only where the control shows it does the subject's
/// silence count.
/// </summary>
internal sealed record LitmusTest(string Name, string Forbidden, LitmusProgram Control, LitmusProgram Subject)
{
    /// <summary>Why the control cannot fail on this machine whatever it does; null where it can.</summary>
    public string? NotObservableHere { get; init; }
}

/// <summary>Runs for a slice of time, or until the forbidden outcome was seen.</summary>
internal delegate LitmusOutcome LitmusProgram(LitmusSlice slice);

/// <summary>How long one turn lasts, and the seed of its random lengths.</summary>
internal readonly record struct LitmusSlice(TimeSpan Time, uint Seed);

/// <summary>How often the outcome could have been seen, and how often it was.</summary>
internal readonly record struct LitmusOutcome(long Runs, long Failures)
{
    public static LitmusOutcome operator +(LitmusOutcome left, LitmusOutcome right) =>
        new(left.Runs + right.Runs, left.Failures + right.Failures);
}
