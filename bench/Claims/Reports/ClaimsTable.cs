using System.Globalization;
using Quiescent.Claims.Barriers;
using Quiescent.Claims.CodeSize;
using Quiescent.Claims.Figures;
using Quiescent.Claims.Footprint;
using Quiescent.Claims.Subject;
using Quiescent.Claims.Unloading;

namespace Quiescent.Claims.Reports;

// A table per claim, and what it says.
internal static class ClaimsTable
{
    public static void Write(ClaimsResult result, TextWriter output)
    {
        output.WriteLine(result.Machine);
        foreach ((Claim claim, Finding finding) in result.Findings)
        {
            output.WriteLine();
            switch (claim)
            {
                case Claim.Barrier:
                    WriteBarriers(result.Barriers, output);
                    break;
                case Claim.Unload:
                    WriteUnloads(result.Unloads, output);
                    break;
                case Claim.Size:
                    WriteSizes(result.Sizes, output);
                    break;
                default:
                    WriteTimes(result.Times, output);
                    WriteCounts(result.Counts, output);
                    break;
            }

            output.WriteLine(finding.Text);
        }

        output.WriteLine();
        foreach (string remark in result.Remarks)
        {
            output.WriteLine(remark);
        }
    }

    private static void WriteBarriers(BarrierCell[] cells, TextWriter output)
    {
        output.WriteLine("Barrier against none: what a module waits for before it is unloaded, µs, median (lowest to highest)");
        output.WriteLine($"{"threads",8}{"queued",11}{"functions",31}{"trivial",27}{"trivial, a full Barrier",31}{"ratio",9}");
        foreach (BarrierCell cell in cells)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{cell.Threads,8}{cell.Backlog,11:N0}{Show(cell.Functions),31}{Show(cell.Trivial),27}{Show(cell.TrivialBarrier),31}"
                + $"{Finding.Times(cell.Ratio.Median),9}"));
        }
    }

    private static void WriteUnloads(UnloadCell[] cells, TextWriter output)
    {
        output.WriteLine("Unload of a module that queued, with RcuModule attached, µs, median (lowest to highest)");
        output.WriteLine($"{"queued",19}{"functions",31}{"trivial",27}{"ratio",40}");
        foreach (UnloadCell cell in cells)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{cell.Backlog,19:N0}{Show(cell.Functions),31}{Show(cell.Trivial),27}{Finding.Times(cell.Ratio.Median),40}"));
        }
    }

    private static void WriteSizes(CodeSizes[] sizes, TextWriter output)
    {
        output.WriteLine("Code size, bytes: so many trivial callbacks written by hand; one more site; and 256 types with a site each, against Free");
        output.WriteLine($"{"",-14}{"1",9}{"16",9}{"256",9}{"Call site",11}{"Free site",11}{"reclaim path",14}{"256 types",22}{"ratio",9}");
        foreach (CodeSizes size in sizes)
        {
            int types = Way.MethodCounts[^1];
            string callbacks = string.Concat(size.Callbacks.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Total,9:N0}")));
            string totals = string.Create(CultureInfo.InvariantCulture, $"{size.WithFunctions(types):N0} against {size.WithOffsets(types):N0}");
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{size.Name,-14}{callbacks}{size.CallSite,11:N1}{size.FreeSite,11:N1}{size.ReclaimPath,14:N0}{totals,22}"
                + $"{Finding.Times(size.Ratio(types)),9}"));
        }
    }

    private static void WriteTimes(TimedPair[] pairs, TextWriter output)
    {
        output.WriteLine("Cache and branch footprint: ns per block, median (lowest to highest)");
        output.WriteLine($"{"",-10}{"path",9}{"methods",9}{"functions",24}{"offsets",24}{"ratio",9}");
        foreach (TimedPair pair in pairs)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{pair.Compiler,-10}{Name(pair.Path),9}{pair.Methods,9}{Show(pair.Functions),24}{Show(pair.Offsets),24}"
                + $"{Finding.Times(pair.Ratio.Median),9}"));
        }
    }

    private static void WriteCounts(CountedWay[] counts, TextWriter output)
    {
        if (counts.Length == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine("Counted per block on the bare path, with its allocation, which is the same for both");
        output.WriteLine($"{"",-10}{"methods",9}{"",10}{"instructions",14}{"I-cache misses",16}{"branch misses",15}");
        foreach (CountedWay way in counts)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{way.Compiler,-10}{way.Methods,9}{(way.Word == Word.Function ? "functions" : "offsets"),10}{way.PerBlock.Instructions,14:0.0}"
                + $"{way.PerBlock.InstructionCacheMisses,16:0.00}{way.PerBlock.BranchMisses,15:0.00}"));
        }
    }

    private static string Name(ReclaimPath path) => path == ReclaimPath.Bare ? "bare" : "library";

    private static string Show(Spread spread) =>
        $"{Show(spread.Median)} ({Show(spread.Lowest)} to {Show(spread.Highest)})";

    private static string Show(double value) =>
        value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "#,0", CultureInfo.InvariantCulture);
}
