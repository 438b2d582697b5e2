using System.Text.Json;
using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Native;

// The line that a native program prints: {"value": 1.23, "details": {"p99 µs": 4.5}}.
internal static class NativeAnswer
{
    /// <exception cref="FormatException">It is no such line.</exception>
    public static Reading Parse(string output)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(output);
            JsonElement root = document.RootElement;
            Detail[] details = root.TryGetProperty("details", out JsonElement named)
                ? [.. named.EnumerateObject().Select(detail => new Detail(detail.Name, detail.Value.GetDouble()))]
                : [];
            return new Reading(root.GetProperty("value").GetDouble()) { Details = details };
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new FormatException($"no answer: '{output.Trim()}'", e);
        }
    }
}
