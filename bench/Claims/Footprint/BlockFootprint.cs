using Quiescent.Claims.Figures;
using Quiescent.Claims.Subject;
using Quiescent.Claims.Subjects;

namespace Quiescent.Claims.Footprint;

// Callbacks of so many different methods against offsets, nanoseconds per block.
internal sealed record TimedPair(string Compiler, ReclaimPath Path, int Methods, Spread Functions, Spread Offsets, Spread Ratio);

// What reclaiming a block costs when it is done by calling one of many methods, and when by its offset.
internal static class BlockFootprint
{
    private const int Rounds = 10;

    public static IEnumerable<TimedPair> Pair(string compiler, Timing[] timings) =>
        from function in timings
        where function.Word == Word.Function
        let offset = timings.First(other => other.Word == Word.Offset && (other.Path, other.Methods) == (function.Path, function.Methods))
        select new TimedPair(
            compiler,
            function.Path,
            function.Methods,
            Spread.Of(function.NanosecondsPerBlock),
            Spread.Of(offset.NanosecondsPerBlock),
            Spread.OfRatios(function.NanosecondsPerBlock, offset.NanosecondsPerBlock));

    /// <exception cref="ChildException">The counter does not count here.</exception>
    public static IEnumerable<CountedWay> Count(Counter counter, CompiledSubject subject, Action<string> say)
    {
        say($"counting, {subject.Compiler}, {counter.Name}");
        Counts without = Run(Way.MethodCounts[0], Word.Function, rounds: 0);
        foreach (int methods in Way.MethodCounts)
        {
            foreach (Word word in Enum.GetValues<Word>())
            {
                say($"counting, {subject.Compiler}: {methods} methods, {word}");
                Counts counts = Run(methods, word, Rounds);
                yield return new CountedWay(subject.Compiler, methods, word, counts.PerBlock(without, Rounds * (long)Reclaims.BlocksPerRound));
            }
        }

        Counts Run(int methods, Word word, int rounds) => counter.Count(
            subject.Program,
            [.. subject.Arguments, "count", FormattableString.Invariant($"{methods}"), $"{word}", FormattableString.Invariant($"{rounds}")]);
    }

    public static Finding Judge(IReadOnlyCollection<TimedPair> pairs, IReadOnlyCollection<CountedWay> counts)
    {
        int most = Way.MethodCounts[^1];
        TimedPair worst = pairs.Where(pair => pair.Path == ReclaimPath.Bare && pair.Methods == most).MinBy(pair => pair.Ratio.Median)!;
        TimedPair same = pairs.First(pair => pair.Compiler == worst.Compiler && pair.Path == ReclaimPath.Bare && pair.Methods == 1);
        string figures = $"{worst.Functions.Median:N1} ns against {worst.Offsets.Median:N1} ns per block with {most} methods ({worst.Compiler}); "
            + $"{Finding.Times(same.Ratio.Median)} with one";
        if (Find(Word.Function) is { } function && Find(Word.Offset) is { } offset)
        {
            figures += FormattableString.Invariant(
                $"; {function.BranchMisses:0.00} against {offset.BranchMisses:0.00} branch misses and {function.InstructionCacheMisses:0.00} ")
                + FormattableString.Invariant($"against {offset.InstructionCacheMisses:0.00} instruction-cache misses");
        }

        return Finding.Of(worst.Ratio.Median, figures);

        Counts? Find(Word word) =>
            counts.FirstOrDefault(way => way.Compiler == worst.Compiler && way.Methods == most && way.Word == word)?.PerBlock;
    }
}
