using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Runs;

// How long a turn is: what the contests of fixed length leave of the run's time, in equal parts for all turns of the others. It is
// asked anew before each contest, since starting threads and processes takes time of its own.
internal sealed class Budget(TimeSpan total, int rounds)
{
    /// <summary>Below this a turn measures little but its own beginning; a run that was given less takes longer.</summary>
    public static readonly TimeSpan ShortestTurn = TimeSpan.FromMilliseconds(20);

    public int RoundsOf(Contest contest) => Math.Min(rounds, contest.MaxRounds ?? rounds);

    /// <summary>Whether the contestant takes a turn that does not count before the first round: not where a turn has its own length,
    /// and is long, nor where each turn is a new process.</summary>
    public static bool WarmsUp(Contest contest, Contestant contestant) =>
        contest.TurnLength is null && contestant.Side != Side.Native;

    /// <summary>The length of a turn of the first of the contests that are still to come.</summary>
    public TimeSpan TurnOf(TimeSpan elapsed, IReadOnlyList<Contest> remaining)
    {
        if (remaining[0].TurnLength is { } length)
        {
            return length;
        }

        TimeSpan left = total - elapsed;
        int turns = 0;
        foreach (Contest contest in remaining)
        {
            if (contest.TurnLength is { } own)
            {
                left -= own * Turns(contest);
            }
            else
            {
                turns += Turns(contest);
            }
        }

        TimeSpan turn = left / Math.Max(turns, 1);
        return turn > ShortestTurn ? turn : ShortestTurn;
    }

    private int Turns(Contest contest) => contest.Contestants
        .Where(contestant => contestant.Absent is null)
        .Sum(contestant => RoundsOf(contest) + (WarmsUp(contest, contestant) ? 1 : 0));
}
