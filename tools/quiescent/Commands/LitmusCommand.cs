using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Quiescent.Torture;
using Quiescent.Torture.Litmus;

namespace Quiescent.Tool.Commands;

// quiescent litmus: the litmus tests on this machine, the control of each first.
internal static class LitmusCommand
{
    public static Command Create()
    {
        Option<double> seconds = new("--seconds")
        {
            Description = "How long all tests take together.",
            DefaultValueFactory = _ => 25,
        };
        seconds.Validators.Add(result =>
        {
            // What is no number at all is reported by the parser.
            if (result.Tokens is [{ Value: string text }]
                && double.TryParse(text, CultureInfo.InvariantCulture, out double value)
                && value is not (> 0 and <= 86_400))
            {
                result.AddError("--seconds needs a number above 0, at most 86400.");
            }
        });
        Option<string?> test = new("--test") { Description = "Only the test of that name, or those of that family." };
        Option<uint> seed = new("--seed")
        {
            Description = "For the random lengths; drawn if not given. Timing differs from run to run in any case.",
            DefaultValueFactory = _ => (uint)Random.Shared.Next(),
        };
        Option<bool> json = new("--json") { Description = "The result as JSON, and nothing else." };
        Command command = new("litmus", "Litmus tests on real threads: what must not be seen, next to a control that must show it.")
        {
            seconds, test, seed, json,
        };
        command.SetAction(parsed => (int)Run(
            parsed.GetValue(test), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(seed), parsed.GetValue(json)));
        return command;
    }

    private static int Run(string? name, TimeSpan time, uint seed, bool asJson)
    {
        using LitmusSuite suite = new();
        IReadOnlyList<LitmusTest> tests = name is null ? suite.Tests : suite.Find(name);
        if (tests.Count == 0)
        {
            Console.Error.WriteLine(
                $"quiescent: there is no litmus test '{name}', but {string.Join(", ", suite.Tests.Select(known => known.Name))}");
            return 2;
        }

        if (!asJson)
        {
            Console.WriteLine($"{Machine()}; {tests.Count} tests, {time.TotalSeconds:0.#} s, seed {seed}");
        }

        Action<LitmusResult>? progress = asJson ? null : WriteProgress;
        IReadOnlyList<LitmusResult> results = new LitmusRunner(time, seed).Run(tests, progress);
        Verdict verdict = LitmusResult.Total(results);
        if (asJson)
        {
            WriteJson(results, verdict, seed);
        }
        else
        {
            WriteTable(results);
            Console.WriteLine(Closing(results, verdict));
        }

        return (int)verdict;
    }

    private static void WriteProgress(LitmusResult result)
    {
        string failed = result.SubjectFailedAfter is { } after
            ? $"; the subject failed after {after.TotalSeconds:0.000} s: {result.Test.Forbidden}"
            : "";
        Console.WriteLine(
            $"{result.Test.Name}: {result.VerdictText}; the control failed in {result.ControlFailures} of {result.Turns} turns"
            + failed);
    }

    private static void WriteTable(IReadOnlyList<LitmusResult> results)
    {
        int width = results.Max(result => result.Test.Name.Length);
        Console.WriteLine();
        Console.WriteLine(
            $"{"test".PadRight(width)} {"control: runs",14} {"failures",9} {"subject: runs",14} {"failures",9}  verdict");
        foreach (LitmusResult result in results)
        {
            Console.WriteLine(
                $"{result.Test.Name.PadRight(width)} {result.Control.Runs,14:N0} {result.Control.Failures,9:N0} "
                + $"{result.Subject.Runs,14:N0} {result.Subject.Failures,9:N0}  {result.VerdictText}");
        }

        Console.WriteLine();
    }

    private static string Closing(IReadOnlyList<LitmusResult> results, Verdict verdict)
    {
        IEnumerable<LitmusResult> notObservable = results.Where(result => result.IsNotObservable);
        foreach (string? reason in notObservable.Select(result => result.Test.NotObservableHere).Distinct())
        {
            Console.WriteLine($"Not observable here: {reason}. Such a test says nothing by itself.");
        }

        string Names(Func<LitmusResult, bool> which) => string.Join(", ", results.Where(which).Select(result => result.Test.Name));
        return verdict switch
        {
            Verdict.Passed => "Passed: each subject held where its control failed.",
            Verdict.Failed => $"FAILED: {Names(result => result.Verdict == Verdict.Failed)}.",
            _ => "Inconclusive, which is not a pass: no control failed on this machine, in this time, of "
                + Names(result => result.Verdict == Verdict.Inconclusive) + ".",
        };
    }

    private static void WriteJson(IReadOnlyList<LitmusResult> results, Verdict verdict, uint seed)
    {
        using Stream output = Console.OpenStandardOutput();
        using (Utf8JsonWriter json = new(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("verdict", LowerCase(verdict));
            json.WriteString("machine", Machine());
            json.WriteNumber("seed", seed);
            json.WriteStartArray("tests");
            foreach (LitmusResult result in results)
            {
                Write(json, result);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private static void Write(Utf8JsonWriter json, LitmusResult result)
    {
        json.WriteStartObject();
        json.WriteString("name", result.Test.Name);
        json.WriteString("forbidden", result.Test.Forbidden);
        json.WriteNumber("turns", result.Turns);
        json.WriteNumber("turnsControlFailed", result.ControlFailures);
        Write(json, "control", result.Control);
        Write(json, "subject", result.Subject);
        if (result.SubjectFailedAfter is { } after)
        {
            json.WriteNumber("subjectFailedAfterSeconds", after.TotalSeconds);
        }

        json.WriteString("verdict", LowerCase(result.Verdict));
        if (result.IsNotObservable)
        {
            json.WriteString("notObservableHere", result.Test.NotObservableHere);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, LitmusOutcome outcome)
    {
        json.WriteStartObject(name);
        json.WriteNumber("runs", outcome.Runs);
        json.WriteNumber("failures", outcome.Failures);
        json.WriteEndObject();
    }

    private static string LowerCase(Verdict verdict) =>
        verdict switch { Verdict.Passed => "passed", Verdict.Failed => "failed", _ => "inconclusive" };

    private static string Machine() => string.Create(
        CultureInfo.InvariantCulture,
        $".NET {Environment.Version}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, "
        + $"{RuntimeInformation.ProcessArchitecture}");
}
