using System.Globalization;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Reports;
using Quiescent.Scale.Runs;
using Quiescent.Tool.Terminal;

namespace Quiescent.Tool.Reports;

// The closing output of `quiescent scale`: a table for each figure, the best on top; then the project's goals if
// requested, the figures left out, and the machine.
internal static class ScaleTable
{
    private const string Indent = "  ";

    public static void Write(ScaleResult result, bool showGoals, TextWriter output, int width)
    {
        foreach (ContestResult contest in result.Contests)
        {
            Write(contest, output, width);
        }

        if (showGoals)
        {
            WriteGoals(result, output, width);
        }

        WriteLeftOut(result, output, width);
        WriteMachine(result.Machine, output, width);
        foreach ((ContestResult contest, Row row) in result.Failures)
        {
            output.WriteWrapped($"FAILED: {contest.Id}, {row.Name}: {row.Failure}", width, rest: Indent);
        }

        string interrupted = result.IsInterrupted ? "interrupted; " : "";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"scale: {interrupted}{result.Contests.Length} figures in {result.SecondsTaken:0.0} s, "
            + $"{result.LeftOut.Length} left out"));
    }

    private static void Write(ContestResult contest, TextWriter output, int width)
    {
        output.WriteWrapped($"{contest.Id}: {contest.Title}", width, rest: Indent);
        Row? ours = contest.Ours;
        string better = contest.Unit.LowerIsBetter ? "lower is better" : "higher is better";
        string ratio = ours is null ? "" : $"; ratios are to {ours.Name}";
        output.WriteWrapped(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Medians of {contest.Rounds} {(contest.Rounds == 1 ? "round" : "rounds")} of "
                + $"{contest.TurnSeconds:0.00} s; {better}{ratio}."),
            width,
            Indent);
        TextTable table = new(
            new TextColumn(""),
            new TextColumn(contest.Unit.Symbol.Length == 0 ? "count" : contest.Unit.Symbol, 3),
            new TextColumn("lowest – highest", 1),
            new TextColumn("ratio", 2));
        foreach (Row row in contest.Ranked)
        {
            Spread value = row.Value!.Value;
            table.Add(row.Name, Figure.Write(value.Median), Figure.WriteRange(value), RatioOf(contest, row, ours));
            AddDetails(row, table);
        }

        if (contest.Ranked.Any())
        {
            table.Write(output, width, Indent);
        }

        foreach (IGrouping<string, string> without in contest.Rows.Where(row => row.Value is null)
            .GroupBy(WhyWithout, row => row.Name))
        {
            output.WriteWrapped($"Without {string.Join("; ", without)}: {without.Key}", width, Indent, Indent + Indent);
        }

        output.WriteLine();
    }

    private static string WhyWithout(Row row) => row.Absent ?? "FAILED: " + row.Failure;

    private static string RatioOf(ContestResult contest, Row row, Row? ours) =>
        row == ours ? "1"
        : ours is not null && contest.FindRatio(row.Name, ours.Name) is { } ratio ? Figure.Write(ratio.Value.Median)
        : "–";

    private static void AddDetails(Row row, TextTable table)
    {
        string details = string.Join(
            ", ", row.Details.Select(detail => $"{detail.Name} {Figure.Write(detail.Value.Median)}"));
        if (details.Length != 0)
        {
            table.AddNote(details);
        }

        if (row.Remark is not null)
        {
            table.AddNote($"({row.Remark})");
        }
    }

    private static void WriteGoals(ScaleResult result, TextWriter output, int width)
    {
        output.WriteWrapped(
            $"The project's goals, by the median of the rounds: {result.Count(Verdict.Met)} met, "
            + $"{result.Count(Verdict.Missed)} missed, "
            + $"{result.Count(Verdict.NotJudged)} not judged here.",
            width,
            rest: Indent);
        foreach (ContestResult contest in result.Contests)
        {
            foreach (TargetResult target in contest.Targets)
            {
                string measured = target.Measured is { } spread
                    ? $"{Figure.Write(spread.Median)} ({Figure.WriteRange(spread)})"
                    : target.Reason!;
                output.WriteWrapped(
                    $"{contest.Id}: {Figure.Write(target.Target)}: {measured}",
                    width,
                    $"{Indent}{Figure.Write(target.Verdict),-10}  ",
                    new string(' ', 16));
            }
        }

        output.WriteLine();
    }

    private static void WriteLeftOut(ScaleResult result, TextWriter output, int width)
    {
        if (result.LeftOut.Length == 0)
        {
            return;
        }

        IEnumerable<string> each = result.LeftOut.Select(
            one => string.Create(CultureInfo.InvariantCulture, $"{one.Id} ({Math.Max(one.Seconds, 0.1):0.#} s)"));
        string why = result.IsInterrupted
            ? "Not measured before the run was interrupted"
            : "Left out, for want of time";
        string all = string.Create(
            CultureInfo.InvariantCulture,
            $"--seconds {Math.Ceiling(result.SecondsTaken + result.LeftOut.Sum(one => one.Seconds)):0}");
        output.WriteWrapped(
            $"{why}, with the least time that each takes: {string.Join(", ", each)}. All of them fit into {all}.",
            width, rest: Indent);
        output.WriteLine();
    }

    private static void WriteMachine(Machine machine, TextWriter output, int width)
    {
        output.WriteWrapped(
            $"{machine.Processor}, {machine.Cores} cores, {machine.Architecture}; {machine.OperatingSystem}; "
            + $"{machine.Runtime}",
            width,
            rest: Indent);
        output.WriteWrapped(
            string.Join(", ", machine.Packages.Select(package => $"{package.Name} {package.Version}")), width,
            rest: Indent);
    }
}
