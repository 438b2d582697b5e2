using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Quiescent.Tool.Arguments;
using Quiescent.Tool.Reports;
using Quiescent.Tool.Terminal;
using Quiescent.Torture.Litmus;

namespace Quiescent.Tool.Commands;

// quiescent litmus: the litmus tests on this machine, the control of each first.
internal static class LitmusCommand
{
    private const double DefaultSeconds = 25;
    private const double MostSeconds = 86_400;

    public static Command Create()
    {
        Option<double> seconds = NumberOption.Create(
            "--seconds", "How long all tests take together.", 0.1, MostSeconds, () => DefaultSeconds);
        Option<string?> test =
            new("--test") { Description = "Run only this test, or this family of tests.", HelpName = "name" };
        Option<uint?> seed = NumberOption.CreateOptional(
            "--seed", "For the random lengths. The timing differs from run to run in any case.", uint.MinValue,
            uint.MaxValue);
        Option<bool> json =
            new("--json") { Description = "Write the result as JSON to standard output, and nothing else." };
        Command command = new("litmus", "Runs litmus tests on real threads, each beside a control that must fail.")
        {
            seconds, test, seed, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetValue(test),
            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            parsed.GetValue(seed) ?? (uint)Random.Shared.Next(),
            parsed.GetValue(json)));
        return command;
    }

    private static int Run(string? name, TimeSpan time, uint seed, bool asJson)
    {
        using LitmusSuite suite = new();
        IReadOnlyList<LitmusTest> tests = name is null ? suite.Tests : suite.Find(name);
        int width = Screen.OutputWidth;
        if (tests.Count == 0)
        {
            Console.Error.WriteWrapped(DescribeUnknown(name!, suite), Screen.ErrorWidth, rest: "  ");
            return ExitCode.BadArguments;
        }

        using Interruption interruption = new(Console.Error);
        if (!asJson)
        {
            Console.Out.WriteWrapped(
                $"{Machine()}; {tests.Count} tests, {time.TotalSeconds:0.#} s, seed {seed}", width, rest: "  ");
        }

        Action<LitmusResult>? progress = asJson ? null : result =>
            LitmusReport.WriteProgress(result, Console.Out, width);
        IReadOnlyList<LitmusResult> results = new LitmusRunner(time, seed).Run(tests, progress, interruption.Token);
        bool isInterrupted = interruption.Token.IsCancellationRequested;
        if (asJson)
        {
            using Stream output = Console.OpenStandardOutput();
            LitmusJson.Write(results, Machine(), seed, isInterrupted, output);
        }
        else
        {
            LitmusReport.Write(results, isInterrupted, Console.Out, width);
        }

        return isInterrupted ? ExitCode.Interrupted : (int)LitmusResult.Total(results);
    }

    private static string DescribeUnknown(string name, LitmusSuite suite)
    {
        string[] names = [.. suite.Tests.Select(test => test.Name)];
        string[] families = [.. names.Select(one => one[..one.IndexOf('/', StringComparison.Ordinal)]).Distinct()];
        return $"quiescent: there is no litmus test '{name}'.{Suggestion.For(name, [.. families, .. names])} "
            + $"The families are {string.Join(", ", families)}; the tests are {string.Join(", ", names)}.";
    }

    private static string Machine() => string.Create(
        CultureInfo.InvariantCulture,
        $".NET {Environment.Version}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, "
        + $"{RuntimeInformation.ProcessArchitecture}, "
        + $"{(LitmusSuite.HasProcessWideBarrier ? "" : "no ")}process-wide barrier");
}
