using System.Diagnostics;
using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Runs;

// The contests one after another; in each, rounds in which every contestant takes one turn, in an order that rotates, so that
// neither a busy moment of the machine nor what the one before left in the caches always meets the same one.
internal sealed class ScaleRun(TimeSpan total, int rounds, Progress progress)
{
    private readonly Budget _budget = new(total, rounds);
    private readonly long _start = Stopwatch.GetTimestamp();

    public ScaleResult Run(IReadOnlyList<Contest> contests, Machine machine)
    {
        List<ContestResult> results = [];
        for (int i = 0; i < contests.Count; i++)
        {
            TimeSpan turn = _budget.TurnOf(Elapsed(), [.. contests.Skip(i)]);
            results.Add(Run(contests[i], turn));
        }

        progress.End();
        return new ScaleResult
        {
            Machine = machine,
            SecondsGiven = total.TotalSeconds,
            SecondsTaken = Elapsed().TotalSeconds,
            Contests = [.. results],
        };
    }

    private ContestResult Run(Contest contest, TimeSpan turn)
    {
        int rounds = _budget.RoundsOf(contest);
        Score[] scores = [.. contest.Contestants.Select(contestant => new Score(contestant))];
        progress.Begin(contest, rounds, turn, total - Elapsed());
        progress.Round(0, total - Elapsed());
        foreach (Score score in scores)
        {
            if (Budget.WarmsUp(contest, score.Contestant))
            {
                TakeTurn(score, turn, counts: false);
            }
        }

        for (int round = 0; round < rounds; round++)
        {
            progress.Round(round + 1, total - Elapsed());
            for (int i = 0; i < scores.Length; i++)
            {
                TakeTurn(scores[(i + round) % scores.Length], turn, counts: true);
            }
        }

        return Judge.Result(contest, scores, rounds, turn);
    }

    // Whatever a contestant throws is its own failure, and the run goes on.
    private void TakeTurn(Score score, TimeSpan turn, bool counts)
    {
        if (score.IsOut)
        {
            return;
        }

        // No turn pays for another's garbage.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        try
        {
            Reading reading = score.Contestant.Measure(turn);
            if (counts)
            {
                score.Add(reading);
            }
        }
        catch (Exception exception)
        {
            score.Fail(exception.Message);
        }

        if (score.Failure is { } failure)
        {
            progress.Failed(score.Contestant.Name, failure);
        }
    }

    private TimeSpan Elapsed() => Stopwatch.GetElapsedTime(_start);
}
