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
            _ = mutant.Change.Files(tree);
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
            Change = ChangeOf(entry),
            Detectors = detectors,
            Attempts = entry.Attempts,
            HangsAfter = entry.HangSeconds is int seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
    }

    private static Change ChangeOf(Entry entry)
    {
        if (entry is { File: { } file, Member: { } member, Find: { } find, Replace: { } replace })
        {
            SourceEdit edit = new() { File = file, Member = member, Find = Lines(find), Replace = Lines(replace) };
            bool isSource = file.StartsWith(Change.Sources, StringComparison.Ordinal);
            return isSource && edit.Find.All(line => line.Trim().Length != 0)
                ? new EditChange(edit)
                : throw Nonsense("must name a file of " + Change.Sources + ", and 'find' must have no empty line");
        }

        return entry is { File: null, Member: null, Find: null, Replace: null }
            ? new PatchChange(entry.Name + ".patch")
            : throw Nonsense("needs 'file', 'member', 'find' and 'replace', or none of them");

        ManifestException Nonsense(string reason) => new($"The mutant '{entry.Name}' {reason}.");
    }

    // A text is a string, or an array with a string for each line.
    private static string[] Lines(JsonElement text) =>
        text.ValueKind == JsonValueKind.String ? text.GetString()!.Split('\n') : text.Deserialize<string[]>()!;

    private sealed record Entry
    {
        public required string Name { get; init; }

        public required string Obligation { get; init; }

        public required string Breaks { get; init; }

        public required string[] Detectors { get; init; }

        public int Attempts { get; init; } = 1;

        public int? HangSeconds { get; init; }

        public string? File { get; init; }

        public string? Member { get; init; }

        public JsonElement? Find { get; init; }

        public JsonElement? Replace { get; init; }
    }
}

internal sealed class ManifestException(string message, Exception? inner = null) : Exception(message, inner);
