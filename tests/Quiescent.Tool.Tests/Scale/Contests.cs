using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;

namespace Quiescent.Tool.Tests.Scale;

// Contests whose contestants measure the values that the test gives.
internal static class Contests
{
    // Contestants of tests end at once, whatever length their turns have.
    private static readonly TimeSpan s_plenty = TimeSpan.FromMinutes(10);

    public static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(20);

    public static Contest Of(string id, params Contestant[] contestants) =>
        new(id, "a figure", Unit.Nanoseconds, contestants);

    /// <summary>Measures the values one after another, and the last of them from then on.</summary>
    public static Contestant Measuring(string name, params double[] values)
    {
        Queue<double> left = new(values);
        return new Contestant(name, Side.Managed, _ => new Reading(left.Count > 1 ? left.Dequeue() : left.Peek()));
    }

    public static Contestant Failing(string name, string message) =>
        new(name, Side.Managed, _ => throw new InvalidOperationException(message));

    public static Contestant Absent(string name, string reason) =>
        new(name, Side.Native, _ => throw new InvalidOperationException("not here")) { Absent = reason };

    public static ScaleResult Run(int rounds, params Contest[] contests) =>
        Run(rounds, TestContext.Current.CancellationToken, contests);

    public static ScaleResult Run(int rounds, CancellationToken interruption, params Contest[] contests) =>
        new ScaleRun(s_plenty, rounds, new Progress(TextWriter.Null, isTerminal: false), interruption)
            .Run(contests, Machine.Describe([]));

    /// <summary>The result of a contest in which each contestant has measured these values, one in each round, without
    /// a turn to warm up.</summary>
    /// <remarks>A turn is planned long, though it ends at once: a contest that overruns its plan drops rounds, as one
    /// of short turns does on a busy machine.</remarks>
    public static ContestResult Judged(Contest contest, int rounds) =>
        Run(rounds, contest with { TurnLength = TimeSpan.FromSeconds(5) }).Contests[0];
}
