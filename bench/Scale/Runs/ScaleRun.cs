using System.Diagnostics;
using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Runs;

// The contests one after another; in each, rounds in which every contestant takes one turn, in an order that rotates,
// so that neither a busy moment of the machine nor what the one before left in the caches always meets the same one.
internal sealed class ScaleRun(TimeSpan total, int rounds, Progress progress, CancellationToken interruption = default)
{
    // A contest that takes this many times longer than planned ends after the current round: the machine is busy.
    private const double MostOfPlan = 1.25;

    private readonly Budget _budget = new(total, rounds);

    /// <summary>When the run began, with all that was set up for it.</summary>
    public long Start { get; init; } = Stopwatch.GetTimestamp();

    public ScaleResult Run(IReadOnlyList<Contest> contests, Machine machine)
    {
        using TurnThread turns = new();
        Dictionary<string, ContestResult> results = [];
        List<Contest> remaining = [.. contests];
        while (!interruption.IsCancellationRequested && _budget.Next(Elapsed(), remaining) is { } plan)
        {
            remaining.RemoveAll(contest => contest.Id == plan.Contest.Id);
            if (Run(plan, turns) is { } result)
            {
                results.Add(result.Id, result);
            }

            _budget.Finish(plan.Contest);
        }

        progress.End();
        return new ScaleResult
        {
            Machine = machine,
            SecondsGiven = total.TotalSeconds,
            SecondsTaken = Elapsed().TotalSeconds,
            IsInterrupted = interruption.IsCancellationRequested,
            Contests = [.. from contest in contests where results.ContainsKey(contest.Id) select results[contest.Id]],
            LeftOut =
            [
                .. from contest in contests
                   where !results.ContainsKey(contest.Id)
                   select new LeftOut(contest.Id, contest.Title, _budget.LeastOf(contest).TotalSeconds),
            ],
        };
    }

    // Null if it was interrupted before its first round had ended.
    private ContestResult? Run(Plan plan, TurnThread turns)
    {
        TimeSpan deadline = Elapsed() + (plan.Time * MostOfPlan);
        Score[] scores = [.. plan.Contest.Contestants.Select(contestant => new Score(contestant))];
        progress.Begin(plan.Contest, plan.Rounds, plan.Turn, total - Elapsed());
        int round = 0;
        try
        {
            progress.Round(0, total - Elapsed());
            foreach (Score score in scores.Where(score => Budget.WarmsUp(plan.Contest, score.Contestant)))
            {
                TakeTurn(score, plan.Turn, turns, counts: false);
            }

            TimeSpan last = TimeSpan.Zero;
            for (; round < plan.Rounds && (round == 0 || Elapsed() + last <= deadline); round++)
            {
                TimeSpan began = Elapsed();
                progress.Round(round + 1, total - began);
                for (int i = 0; i < scores.Length; i++)
                {
                    TakeTurn(scores[(i + round) % scores.Length], plan.Turn, turns, counts: true);
                }

                last = Elapsed() - began;
            }
        }
        catch (OperationCanceledException) when (interruption.IsCancellationRequested)
        {
            if (round == 0)
            {
                return null;
            }
        }

        // An interrupted run's last turn may still be going on.
        if (!interruption.IsCancellationRequested)
        {
            plan.Contest.End?.Invoke();
        }

        return Judge.Result(plan.Contest, scores, round, plan.Turn);
    }

    // An exception of a contestant is its own failure, and the run goes on.
    private void TakeTurn(Score score, TimeSpan length, TurnThread turns, bool counts)
    {
        if (score.IsOut)
        {
            return;
        }

        try
        {
            Reading reading = turns.Take(() => Measure(score.Contestant, length), interruption);
            if (counts)
            {
                score.Add(reading);
            }
        }
        catch (Exception) when (interruption.IsCancellationRequested)
        {
            // The turn failed, too: its child process was killed.
            throw new OperationCanceledException(interruption);
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

    // No turn collects another's garbage.
    private static Reading Measure(Contestant contestant, TimeSpan length)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return contestant.Measure(length);
    }

    private TimeSpan Elapsed() => Stopwatch.GetElapsedTime(Start);
}
