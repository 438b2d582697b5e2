using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quiescent.Tool.Mutants;

// verification/mutants/mutants.json: the list of mutants. README.md beside it says how to add one.
internal static class Manifest
{
    public const string Folder = "verification/mutants";

    private const string FileName = "mutants.json";

    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        AllowTrailingCommas = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <exception cref="ManifestException">There is no manifest, or it makes no sense.</exception>
    public static IReadOnlyList<Mutant> Read(string tree)
    {
        string path = Path.Combine(tree, Folder, FileName);
        if (!File.Exists(path))
        {
            throw new ManifestException($"There is no {Folder}/{FileName} in {tree}.");
        }

        IReadOnlyList<Mutant> mutants = Parse(File.ReadAllText(path));
        foreach (Mutant mutant in mutants)
        {
            RequirePatch(Path.Combine(tree, Folder, mutant.Patch), mutant.Name);
        }

        return mutants;
    }

    /// <exception cref="ManifestException">The text makes no sense.</exception>
    public static IReadOnlyList<Mutant> Parse(string text)
    {
        try
        {
            Entry[] entries = JsonSerializer.Deserialize<Entry[]>(text, s_options) ?? [];
            Mutant[] mutants = [.. entries.Select(Read)];
            string? twice = mutants.GroupBy(mutant => mutant.Name).FirstOrDefault(group => group.Count() > 1)?.Key;
            return twice is null ? mutants : throw new ManifestException($"Two mutants are named '{twice}'.");
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new ManifestException($"{FileName}: {e.Message}", e);
        }
    }

    private static Mutant Read(Entry entry)
    {
        Detector[] detectors = [.. entry.Detectors.Select(Detector.Parse)];
        if (detectors.Length == 0)
        {
            throw new ManifestException($"The mutant '{entry.Name}' has no detector.");
        }

        if (entry.Attempts < 1 || entry.HangSeconds < 1)
        {
            throw new ManifestException($"The mutant '{entry.Name}' has a number that makes no sense.");
        }

        return new Mutant
        {
            Name = entry.Name,
            Obligation = entry.Obligation,
            Breaks = entry.Breaks,
            Patch = entry.Name + ".patch",
            Detectors = detectors,
            Attempts = entry.Attempts,
            HangsAfter = entry.HangSeconds is int seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
    }

    // A patch of anything but the shipping sources would prove nothing.
    private static void RequirePatch(string path, string name)
    {
        if (!File.Exists(path))
        {
            throw new ManifestException($"The mutant '{name}' has no patch {Path.GetFileName(path)}.");
        }

        string[] files = [.. File.ReadLines(path).Where(line => line.StartsWith("+++ ", StringComparison.Ordinal))];
        if (files.Length == 0 || files.Any(file => !file.StartsWith("+++ b/src/Quiescent/", StringComparison.Ordinal)))
        {
            throw new ManifestException($"The patch of '{name}' must change files of src/Quiescent, and no others.");
        }
    }

    private sealed record Entry
    {
        public required string Name { get; init; }

        public required string Obligation { get; init; }

        public required string Breaks { get; init; }

        public required string[] Detectors { get; init; }

        public int Attempts { get; init; } = 1;

        public int? HangSeconds { get; init; }
    }
}

internal sealed class ManifestException(string message, Exception? inner = null) : Exception(message, inner);
