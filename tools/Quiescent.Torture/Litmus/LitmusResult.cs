namespace Quiescent.Torture.Litmus;

/// <summary>What the turns of one test have shown so far.</summary>
internal sealed class LitmusResult(LitmusTest test)
{
    // A machine may show the outcome for a moment, and not during the subject's turn.
    private const int EnoughTurns = 4;

    private TimeSpan _subjectTime;
    private bool _hasControlFailed;
    private int _witnessedTurns;

    public LitmusTest Test { get; } = test;

    public LitmusOutcome Control { get; private set; }

    public LitmusOutcome Subject { get; private set; }

    /// <summary>Turns taken by the control, each followed by one of the subject.</summary>
    public int Turns { get; private set; }

    /// <summary>Turns in which the control failed.</summary>
    public int ControlFailures { get; private set; }

    /// <summary>How long the subject had run when it failed; null while it has not.</summary>
    public TimeSpan? SubjectFailedAfter { get; private set; }

    /// <summary>A failed subject is a broken promise, whatever the control does. A sound subject is evidence only in
    /// turns in which it ran and its control failed just before; and a verdict takes a few such turns.</summary>
    public Verdict Verdict =>
        Subject.Failures != 0 ? Verdict.Failed
        : _witnessedTurns >= EnoughTurns ? Verdict.Passed
        : Verdict.Inconclusive;

    /// <summary>Neither for nor against: the hardware itself forbids the outcome.</summary>
    public bool IsNotObservable => Verdict == Verdict.Inconclusive && Test.NotObservableHere is not null;

    public string VerdictText =>
        Verdict switch
        {
            Verdict.Passed => "passed",
            Verdict.Failed => "FAILED",
            _ => Turns == 0 ? "not run" : IsNotObservable ? "not observable" : "inconclusive",
        };

    public void AddControl(LitmusOutcome outcome)
    {
        Turns++;
        _hasControlFailed = outcome.Failures != 0;
        ControlFailures += _hasControlFailed ? 1 : 0;
        Control += outcome;
    }

    public void AddSubject(LitmusOutcome outcome, TimeSpan time)
    {
        Subject += outcome;
        _subjectTime += time;
        _witnessedTurns += _hasControlFailed && outcome.Runs != 0 ? 1 : 0;
        if (outcome.Failures != 0)
        {
            SubjectFailedAfter ??= _subjectTime;
        }
    }

    /// <summary>
    /// The verdict on all. A test that is not observable here counts neither against the rest nor for it: by itself it
    /// is inconclusive.
    /// </summary>
    public static Verdict Total(IReadOnlyCollection<LitmusResult> results) =>
        results.Any(result => result.Verdict == Verdict.Failed) ? Verdict.Failed
        : results.Any(result => result.Verdict == Verdict.Inconclusive && !result.IsNotObservable)
            ? Verdict.Inconclusive
        : results.Any(result => result.Verdict == Verdict.Passed) ? Verdict.Passed
        : Verdict.Inconclusive;
}
