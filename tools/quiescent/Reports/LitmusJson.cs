using System.Text.Json;
using Quiescent.Torture;
using Quiescent.Torture.Litmus;

namespace Quiescent.Tool.Reports;

// The result of `quiescent litmus` as one JSON document.
internal static class LitmusJson
{
    public static void Write(
        IReadOnlyList<LitmusResult> results, string machine, uint seed, bool isInterrupted, Stream output)
    {
        using (Utf8JsonWriter json = new(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("verdict", LowerCase(LitmusResult.Total([.. results.Where(result => result.Turns != 0)])));
            json.WriteBoolean("isInterrupted", isInterrupted);
            json.WriteString("machine", machine);
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
}
