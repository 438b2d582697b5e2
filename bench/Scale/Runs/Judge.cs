using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Runs;

// Ratios and targets. Contestants are compared round by round, because the other load of the machine differs from round
// to round.
internal static class Judge
{
    public static ContestResult Result(Contest contest, IReadOnlyList<Score> scores, int rounds, TimeSpan turn) => new()
    {
        Id = contest.Id,
        Title = contest.Title,
        Unit = contest.Unit,
        Rounds = rounds,
        TurnSeconds = turn.TotalSeconds,
        Rows = [.. scores.Select(score => score.ToRow())],
        Ratios = [.. Ratios(scores)],
        Targets = [.. contest.Targets.Select(target => Of(target, scores))],
    };

    private static IEnumerable<Ratio> Ratios(IReadOnlyList<Score> scores) =>
        from one in scores
        from other in scores
        where one != other && one.Counts && other.Counts
        let ratio = RatioOf(one.Values(), other.Values())
        where ratio is not null
        select new Ratio(one.Contestant.Name, other.Contestant.Name, ratio.Value);

    // Null if there is nothing to divide by: a figure of zero.
    private static Spread? RatioOf(double[] of, double[] to)
    {
        double[] ratios = [.. of.Zip(to, (one, other) => one / other)];
        return ratios.Length != 0 && ratios.All(double.IsFinite) ? Spread.Of(ratios) : null;
    }

    private static TargetResult Of(Target target, IReadOnlyList<Score> scores)
    {
        Score? subject = Find(scores, target.Contestant);
        Score? peer = target.Peer is null ? null : Find(scores, target.Peer);
        string? reason = WhyNot(target.Contestant, subject) ?? (target.Peer is null ? null : WhyNot(target.Peer, peer));
        if (reason is not null)
        {
            return NotJudged(target, reason);
        }

        double[] values = ValuesOf(subject!, target);
        Spread? measured = peer is null
            ? values.Length == 0 ? null : Spread.Of(values)
            : RatioOf(values, ValuesOf(peer, target));
        if (measured is not { } spread)
        {
            return NotJudged(target, "nothing to compare was measured");
        }

        bool met = target.Bound == Bound.AtMost ? spread.Median <= target.Factor : spread.Median >= target.Factor;
        return new TargetResult
        {
            Target = target,
            Measured = spread,
            Verdict = met ? Verdict.Met : Verdict.Missed,
            Reason = null,
        };
    }

    private static TargetResult NotJudged(Target target, string reason) =>
        new() { Target = target, Measured = null, Verdict = Verdict.NotJudged, Reason = reason };

    private static Score? Find(IReadOnlyList<Score> scores, string name) =>
        scores.FirstOrDefault(score => score.Contestant.Name == name);

    private static string? WhyNot(string name, Score? score) => score switch
    {
        null => $"{name} does not take part",
        { Contestant.Absent: { } absent } => $"{name}: {absent}",
        { Failure: not null } => $"{name} failed",
        { Counts: false } => $"{name} took no turn",
        _ => null,
    };

    private static double[] ValuesOf(Score score, Target target) =>
        target.Detail is null ? score.Values() : score.Values(target.Detail);
}
