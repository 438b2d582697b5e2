using System.Globalization;
using System.Text.RegularExpressions;
using Quiescent.Claims.Subject;
using Quiescent.Scale.Runs;

namespace Quiescent.Claims;

// The cost of reclaiming a block by calling one of many methods, and by its offset.
internal static class BlockFootprint
{
    private const int CountedRounds = 10;
    private static readonly string[] s_counters = ["I +refs", "I1 +misses", "Mispredicts"];

    public static Table Times(IReadOnlyList<CompiledSubject> subjects, TimeSpan time, Action<string> say)
    {
        List<string[]> rows = [];
        foreach (CompiledSubject subject in subjects)
        {
            say($"nanoseconds per block, {subject.Compiler}");
            Timing[] timings = subject.Time(time / subjects.Count);
            foreach ((Way way, double[] functions) in timings.Where(timing => timing.Way.Word == Word.Function))
            {
                Way opposite = way with { Word = Word.Offset };
                double[] offsets = timings.Single(timing => timing.Way == opposite).NanosecondsPerBlock;
                rows.Add(
                [
                    subject.Compiler, $"{way.Path}", $"{way.Methods}", Table.Show(Spread.Of(functions)),
                    Table.Show(Spread.Of(offsets)), Table.Show(Ratio(functions, offsets)),
                ]);
            }
        }

        return new Table(
            "Cache and branch footprint: ns per block", ["", "path", "methods", "functions", "offsets", "ratio"], rows);
    }

    public static Table Counts(IEnumerable<CompiledSubject> subjects, Action<string> say)
    {
        List<string[]> rows = [];
        foreach (CompiledSubject subject in subjects)
        {
            double[] without = Count(Way.MethodCounts[0], Word.Function, rounds: 0);
            foreach (int methods in Way.MethodCounts)
            {
                foreach (Word word in Enum.GetValues<Word>())
                {
                    say($"counting, {subject.Compiler}: {methods} methods, {word}");
                    double[] counts = PerBlock(Count(methods, word, CountedRounds), without);
                    rows.Add(
                    [
                        subject.Compiler, $"{methods}", $"{word}",
                        $"{counts[0]:0}", $"{counts[1]:0.00}", $"{counts[2]:0.00}",
                    ]);
                }
            }

            double[] Count(int methods, Word word, int rounds) =>
                Parse(subject.Simulate($"{methods}", $"{word}", $"{rounds}"));
        }

        return new Table(
            "The bare path per block, with its allocation, on a processor simulated by cachegrind",
            ["", "methods", "", "instructions", "instruction-cache misses", "branch misses"],
            rows);
    }

    /// <summary>The median of the ratios within each round, where the machine treated both alike.</summary>
    public static double Ratio(double[] values, double[] others) =>
        Spread.Of(values.Zip(others, (value, other) => value / other)).Median;

    /// <summary>The counts of a run less those of one without rounds; zero if noise makes the difference
    /// negative.</summary>
    public static double[] PerBlock(double[] counts, double[] without)
    {
        const double Blocks = CountedRounds * Reclaims.BlocksPerRound;
        return [.. counts.Zip(without, (all, before) => Math.Max(0, all - before) / Blocks)];
    }

    /// <summary>The instructions, instruction-cache misses and branch misses of cachegrind's report.</summary>
    /// <exception cref="InvalidOperationException">The report is not complete.</exception>
    public static double[] Parse(string report) => [.. s_counters.Select(name =>
        Regex.Match(report, $@"^==\d+== {name}: +(?<value>[\d,]+)", RegexOptions.Multiline) is { Success: true } match
            ? double.Parse(match.Groups["value"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException("valgrind did not come to its end"))];
}
