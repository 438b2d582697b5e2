using System.Text.Json;
using System.Text.Json.Serialization;
using Quiescent.Scale.Runs;

namespace Quiescent.Scale.Reports;

// The whole result, every reading included.
internal static class JsonReport
{
    public static string Write(ScaleResult result) => JsonSerializer.Serialize(result, ScaleJson.Default.ScaleResult);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ScaleResult))]
internal sealed partial class ScaleJson : JsonSerializerContext;
