using System.Diagnostics;

namespace Quiescent.Torture.Litmus;

/// <summary>
/// Control and subject take turns in short slices, the control first: whether a machine shows an outcome at all depends
/// on what else runs on it at the moment. Each test has an equal share of the time. At the end, the time that a failed
/// test leaves over goes to those whose control was silent.
/// </summary>
internal sealed class LitmusRunner(TimeSpan total, uint seed)
{
    private static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(50);

    private uint _random = seed;

    /// <summary>Runs the tests one after another. Reports each when its share is over, and again if it got
    /// more.</summary>
    /// <param name="tests">The tests, in the order in which they run.</param>
    /// <param name="progress">Receives each test's result.</param>
    /// <param name="interruption">Ends the run after the current turn. Tests that have not begun then have no
    /// turns.</param>
    public IReadOnlyList<LitmusResult> Run(
        IReadOnlyList<LitmusTest> tests,
        Action<LitmusResult>? progress = null,
        CancellationToken interruption = default)
    {
        long start = Stopwatch.GetTimestamp();
        LitmusResult[] results = [.. tests.Select(test => new LitmusResult(test))];
        for (int i = 0; i < results.Length && !interruption.IsCancellationRequested; i++)
        {
            TimeSpan share = (total - Stopwatch.GetElapsedTime(start)) / (results.Length - i);
            TakeTurns(results[i], share, interruption);
            progress?.Invoke(results[i]);
        }

        List<LitmusResult> silent = [.. results.Where(IsWorthMore)];
        bool IsOver() => Stopwatch.GetElapsedTime(start) >= total || interruption.IsCancellationRequested;
        while (silent.Count != 0 && !IsOver())
        {
            foreach (LitmusResult result in silent.TakeWhile(_ => !IsOver()))
            {
                TakeTurn(result);
                if (!IsWorthMore(result))
                {
                    progress?.Invoke(result);
                }
            }

            silent.RemoveAll(result => !IsWorthMore(result));
        }

        return results;
    }

    private static bool IsWorthMore(LitmusResult result) =>
        result.Verdict == Verdict.Inconclusive && !result.IsNotObservable;

    // One turn at least, however little time is left; a subject that has failed needs no more.
    private void TakeTurns(LitmusResult result, TimeSpan share, CancellationToken interruption)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            TakeTurn(result);
        }
        while (result.Verdict != Verdict.Failed
            && Stopwatch.GetElapsedTime(start) < share
            && !interruption.IsCancellationRequested);
    }

    private void TakeTurn(LitmusResult result)
    {
        result.AddControl(result.Test.Control(NextSlice()));
        long start = Stopwatch.GetTimestamp();
        LitmusOutcome outcome = result.Test.Subject(NextSlice());
        result.AddSubject(outcome, Stopwatch.GetElapsedTime(start));
    }

    private LitmusSlice NextSlice() => new(s_slice, Randomly.Next(ref _random));
}
