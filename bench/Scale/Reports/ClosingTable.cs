using System.Globalization;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;

namespace Quiescent.Scale.Reports;

// All figures, then the targets, then the machine.
internal static class ClosingTable
{
    private const int NameWidth = 24;
    private const int ValueWidth = 10;
    private const int RangeWidth = 19;
    private const string Indent = "      ";

    public static void Write(ScaleResult result, TextWriter output)
    {
        foreach (ContestResult contest in result.Contests)
        {
            Write(contest, output);
        }

        WriteTargets(result, output);
        WriteMachine(result.Machine, output);
        foreach ((ContestResult contest, Row row) in result.Failures)
        {
            output.WriteLine($"FAILED: {contest.Id}, {row.Name}: {row.Failure}");
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"scale: {result.Contests.Length} figures in {result.SecondsTaken:0.0} s; targets: {result.Count(Verdict.Met)} met, "
            + $"{result.Count(Verdict.Missed)} missed, {result.Count(Verdict.NotJudged)} cannot be judged here"));
    }

    private static void Write(ContestResult contest, TextWriter output)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{contest.Id}: {contest.Title}; medians of {contest.Rounds} rounds of {contest.TurnSeconds:0.00} s"));
        Row[] ours = [.. contest.Rows.Where(row => row is { Side: Side.Ours, Value: not null })];
        string unit = contest.Unit.Symbol.Length == 0 ? "count" : contest.Unit.Symbol;
        output.WriteLine(
            $"  {"",-NameWidth}{unit,ValueWidth}{"min – max",RangeWidth}{string.Concat(ours.Select(row => "  " + Heading(row)))}");
        foreach (Row row in contest.Rows)
        {
            Write(contest, row, ours, output);
        }

        output.WriteLine();
    }

    private static void Write(ContestResult contest, Row row, Row[] ours, TextWriter output)
    {
        if (row.Value is { } value)
        {
            IEnumerable<string> ratios = ours.Select(one => "  " + RatioOf(contest, row, one).PadLeft(Heading(one).Length));
            output.WriteLine(
                $"  {row.Name,-NameWidth}{Figure.Write(value.Median),ValueWidth}{Figure.WriteRange(value),RangeWidth}{string.Concat(ratios)}");
        }
        else
        {
            output.WriteLine($"  {row.Name,-NameWidth} {row.Absent ?? "FAILED: " + row.Failure}");
        }

        if (row.Details.Length != 0)
        {
            output.WriteLine(Indent + string.Join(", ", row.Details.Select(detail => $"{detail.Name} {Figure.Write(detail.Value.Median)}")));
        }

        if (row.Remark is not null)
        {
            output.WriteLine($"{Indent}({row.Remark})");
        }
    }

    private static string Heading(Row ours) => $"÷ {ours.Name}";

    private static string RatioOf(ContestResult contest, Row row, Row ours) =>
        row == ours ? "1" : contest.FindRatio(row.Name, ours.Name) is { } ratio ? Figure.Write(ratio.Value.Median) : "–";

    private static void WriteTargets(ScaleResult result, TextWriter output)
    {
        (ContestResult Contest, TargetResult Target)[] targets =
            [.. from contest in result.Contests from target in contest.Targets select (contest, target)];
        if (targets.Length == 0)
        {
            return;
        }

        int idWidth = targets.Max(one => one.Contest.Id.Length);
        int targetWidth = targets.Max(one => Figure.Write(one.Target.Target).Length);
        output.WriteLine("Targets, by the median of the rounds:");
        foreach ((ContestResult contest, TargetResult target) in targets)
        {
            string measured = target.Measured is { } spread ? $"{Figure.Write(spread.Median)} ({Figure.WriteRange(spread)})" : target.Reason!;
            output.WriteLine(
                $"  {Figure.Write(target.Verdict),-10}  {contest.Id.PadRight(idWidth)}  "
                + $"{Figure.Write(target.Target).PadRight(targetWidth)}  {measured}");
        }

        output.WriteLine();
    }

    private static void WriteMachine(Machine machine, TextWriter output)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{machine.Processor}, {machine.Cores} cores, {machine.Architecture}; {machine.OperatingSystem}; {machine.Runtime}"));
        output.WriteLine(string.Join(", ", machine.Packages.Select(package => $"{package.Name} {package.Version}")));
    }
}
