using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Runs;

// What runs next, and for how long.
internal sealed record Plan(Contest Contest, int Rounds, TimeSpan Turn, TimeSpan Time);

// Shares a run's time among its contests, set-up and contests of fixed length included. Where the time does not
// suffice, contests first have fewer rounds, then the longest are left out, headlines last. It is asked anew before
// each contest, since what the one before really took is then known.
//
// An example: 10 s for one contest of two contestants, 5 rounds and a turn to warm up each. These are 12 turns of at
// least 20 ms and 10 ms of overhead, so 0.36 s; the other 9.64 s go to the turns in equal parts, and each is 823 ms
// long.
internal sealed class Budget(TimeSpan total, int rounds)
{
    /// <summary>A shorter turn measures little but its own beginning.</summary>
    public static readonly TimeSpan ShortestTurn = TimeSpan.FromMilliseconds(20);

    /// <summary>The median of fewer rounds says nothing.</summary>
    private const int FewestRounds = 3;

    private static readonly TimeSpan s_startOfProcess = TimeSpan.FromMilliseconds(30);

    private readonly HashSet<SetUp> _done = [];

    public int RoundsOf(Contest contest) => Math.Min(rounds, contest.MaxRounds ?? rounds);

    /// <summary>Whether the contestant takes a turn that does not count before the first round: not where a turn has
    /// its own length, and is long, nor where each turn is a new process.</summary>
    public static bool WarmsUp(Contest contest, Contestant contestant) =>
        contest.TurnLength is null && contestant.Side != Side.Native;

    /// <summary>The least time that the contest can be measured in.</summary>
    public TimeSpan LeastOf(Contest contest) => SetUpsOf([contest]) + TurnsOf(contest, FewestRounds, ShortestTurn);

    /// <summary>The first of the remaining contests that is to run; null where none fits into the time that is
    /// left.</summary>
    public Plan? Next(TimeSpan elapsed, IReadOnlyList<Contest> remaining)
    {
        TimeSpan left = total - elapsed;
        Contest[] chosen = Choose(left, [.. remaining.Select(contest => WithoutLongSetUps(contest, left))]);
        if (chosen.Length == 0)
        {
            return null;
        }

        int most = rounds;
        while (most > FewestRounds && CostOf(chosen, most, ShortestTurn) > left)
        {
            most--;
        }

        int shared = chosen.Where(contest => contest.TurnLength is null).Sum(contest => CountTurns(contest, most));
        TimeSpan spare = left - CostOf(chosen, most, ShortestTurn);
        TimeSpan turn = ShortestTurn + (spare > TimeSpan.Zero ? spare / Math.Max(shared, 1) : TimeSpan.Zero);
        Contest first = chosen[0];
        return new Plan(
            first, Math.Min(most, RoundsOf(first)), first.TurnLength ?? turn,
            SetUpsOf([first]) + TurnsOf(first, most, turn));
    }

    /// <summary>What the contest had to set up need not be done again.</summary>
    public void Finish(Contest contest) => _done.UnionWith(Able(contest).Select(one => one.SetUp).OfType<SetUp>());

    // As many as fit: headlines first, then the shortest; in the order of the catalog.
    private Contest[] Choose(TimeSpan left, Contest[] contests)
    {
        List<Contest> chosen = [];
        foreach (Contest contest in contests.OrderByDescending(contest => contest.IsHeadline).ThenBy(LeastOf))
        {
            if (!IsLeftWithNobody(contest) && CostOf([.. chosen, contest], FewestRounds, ShortestTurn) <= left)
            {
                chosen.Add(contest);
            }
        }

        return [.. contests.Where(chosen.Contains)];
    }

    // Nobody but contestants that a longer run would measure.
    private static bool IsLeftWithNobody(Contest contest) =>
        !Able(contest).Any() && contest.Contestants.Any(one => one.Absent == WhyTooLong(one.SetUp));

    // A contestant whose set-up would take half of what is left is left out; the contest goes on without it.
    private Contest WithoutLongSetUps(Contest contest, TimeSpan left) => contest with
    {
        Contestants =
        [
            .. contest.Contestants.Select(
                one => one is { Absent: null, SetUp: { } setUp } && !_done.Contains(setUp) && setUp.Time > left / 2
                ? one with { Absent = WhyTooLong(setUp) }
                : one),
        ],
    };

    private static string? WhyTooLong(SetUp? setUp) =>
        setUp is null ? null : $"left out: {setUp.What} takes about {setUp.Time.TotalSeconds:0.#} s";

    private TimeSpan CostOf(IReadOnlyList<Contest> contests, int mostRounds, TimeSpan turn) =>
        contests.Aggregate(SetUpsOf(contests), (sum, contest) => sum + TurnsOf(contest, mostRounds, turn));

    private TimeSpan SetUpsOf(IEnumerable<Contest> contests) => contests
        .SelectMany(Able)
        .Select(one => one.SetUp)
        .OfType<SetUp>()
        .Distinct()
        .Where(setUp => !_done.Contains(setUp))
        .Aggregate(TimeSpan.Zero, (sum, setUp) => sum + setUp.Time);

    private TimeSpan TurnsOf(Contest contest, int mostRounds, TimeSpan turn) => Able(contest).Aggregate(
        TimeSpan.Zero,
        (sum, one) => sum + CountTurns(contest, one, mostRounds) * (
            (contest.TurnLength ?? turn) + contest.TurnOverhead
                + (one.Side == Side.Native ? s_startOfProcess : TimeSpan.Zero)));

    private int CountTurns(Contest contest, int mostRounds) =>
        Able(contest).Sum(one => CountTurns(contest, one, mostRounds));

    private int CountTurns(Contest contest, Contestant contestant, int mostRounds) =>
        Math.Min(mostRounds, RoundsOf(contest)) + (WarmsUp(contest, contestant) ? 1 : 0);

    private static IEnumerable<Contestant> Able(Contest contest) =>
        contest.Contestants.Where(one => one.Absent is null);
}
