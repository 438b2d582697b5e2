using System.Diagnostics;

namespace Quiescent.Claims.Subject;

// Turns that are timed in rounds, so that other load on the machine affects all of them.
internal static class Rounds
{
    private const int Fewest = 3;
    private const int Most = 101;

    /// <summary>Runs round after round, of which the first does not count. Returns the results of each turn.</summary>
    public static double[][] Run(TimeSpan time, params Func<double>[] turns)
    {
        List<double[]> rounds = [];
        Stopwatch watch = Stopwatch.StartNew();
        while (rounds.Count <= Fewest || (rounds.Count <= Most && watch.Elapsed < time))
        {
            rounds.Add([.. turns.Select(turn => turn())]);
        }

        return [.. turns.Select((_, i) => rounds.Skip(1).Select(round => round[i]).ToArray())];
    }
}
