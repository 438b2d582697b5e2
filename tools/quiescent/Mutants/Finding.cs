using System.Globalization;
using System.Text.RegularExpressions;

namespace Quiescent.Tool.Mutants;

// The result of one run of a detector.
internal enum Sign
{
    /// <summary>It could have failed and did not.</summary>
    Silent,

    /// <summary>It failed, as a detector does.</summary>
    Failed,

    /// <summary>Its process died of the changed code.</summary>
    Crashed,

    /// <summary>It did not end, where that is the symptom.</summary>
    Hung,

    /// <summary>It could not tell: a skipped test, exit code 3, a time limit that means nothing.</summary>
    Inconclusive,

    /// <summary>It did not do its work: no such test, bad arguments, sources that do not fit together.</summary>
    Unusable,
}

// A sign and the line of output that it was read from.
internal readonly partial record struct Finding(Sign Sign, string Evidence)
{
    private const int FirstSignal = 128;
    private const int IllegalInstruction = FirstSignal + 4;
    private const int Abort = FirstSignal + 6;
    private const int BusError = FirstSignal + 7;
    private const int ArithmeticError = FirstSignal + 8;
    private const int SegmentationFault = FirstSignal + 11;

    // These say that assemblies of different builds met, not that the changed code is wrong.
    private static readonly string[] s_misfits =
        [
            "MissingMethodException", "MissingFieldException", "TypeLoadException", "BadImageFormatException",
            "FileNotFoundException",
        ];

    public bool IsKill => Sign is Sign.Failed or Sign.Crashed or Sign.Hung;

    /// <summary>Reads how a detector's process ended.</summary>
    public static Finding Of(ChildResult result, bool isTest, bool mayHang)
    {
        if (result.TimedOut)
        {
            return mayHang ? new(Sign.Hung, "It did not end.") : new(Sign.Inconclusive, "It exceeded its time limit.");
        }

        string output = result.Output;
        int exitCode = result.ExitCode!.Value;
        if (exitCode != 0
            && s_misfits.FirstOrDefault(misfit => output.Contains(misfit, StringComparison.Ordinal)) is { } found)
        {
            return new(Sign.Unusable, LineWith(output, found));
        }

        if (exitCode is IllegalInstruction or Abort or BusError or ArithmeticError or SegmentationFault)
        {
            return new(Sign.Crashed, $"It was ended by signal {exitCode - FirstSignal}. {FirstLineOfCrash(output)}");
        }

        return isTest ? OfTest(exitCode, output) : OfProgram(exitCode, output);
    }

    private static Finding OfProgram(int exitCode, string output) => exitCode switch
    {
        0 => new(Sign.Silent, LastLine(output)),
        1 => new(Sign.Failed, LastLine(output)),
        3 => new(Sign.Inconclusive, LastLine(output)),
        _ => new(
            Sign.Unusable, string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}: {LastLine(output)}")),
    };

    // The summary says what the exit code does not: that no test matched, or that one was skipped.
    private static Finding OfTest(int exitCode, string output)
    {
        Match summary = Summary().Match(output);
        if (!summary.Success)
        {
            return new(Sign.Unusable, string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}: "
                + $"{LastLine(output)}"));
        }

        if (Number(summary, "total") == 0)
        {
            return new(Sign.Unusable, "No test matched.");
        }

        if (Number(summary, "failed") + Number(summary, "errors") > 0)
        {
            return new(Sign.Failed, LineAfter(output, "[FAIL]"));
        }

        return Number(summary, "skipped") > 0
            ? new(Sign.Inconclusive, LineAfter(output, "[SKIP]"))
            : new(Sign.Silent, "");
    }

    private static int Number(Match summary, string name) =>
        int.TryParse(summary.Groups[name].ValueSpan, CultureInfo.InvariantCulture, out int number) ? number : 0;

    private static string LastLine(string output) =>
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("");

    private static string LineWith(string output, string text) =>
        output.Split('\n', StringSplitOptions.TrimEntries).FirstOrDefault(
            line => line.Contains(text, StringComparison.Ordinal), "");

    private static string LineAfter(string output, string text) =>
        output.Split('\n', StringSplitOptions.TrimEntries)
            .SkipWhile(line => !line.Contains(text, StringComparison.Ordinal)).Skip(1).FirstOrDefault("");

    private static string FirstLineOfCrash(string output)
    {
        string line = LineWith(output, "Unhandled exception");
        return line.Length == 0 ? LineWith(output, "Fatal error") : line;
    }

    [GeneratedRegex(
        @"Total: (?<total>\d+)(, Errors: (?<errors>\d+), Failed: (?<failed>\d+), Skipped: (?<skipped>\d+))?")]
    private static partial Regex Summary();
}
