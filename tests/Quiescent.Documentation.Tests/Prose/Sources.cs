using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Quiescent.Documentation.Tests.Markdown;

namespace Quiescent.Documentation.Tests.Prose;

/// <summary>The sources that pages describe: the one place where a fact in a page is looked up.</summary>
internal static partial class Sources
{
    private static readonly string[] s_folders =
        ["src", "tests", "tools", "bench", "samples", "verification", ".ci", ".github", "docs"];
    private static readonly string[] s_builtFolders = ["bin", "obj", "artifacts", "node_modules"];
    private static readonly string[] s_endings =
        [".cs", ".md", ".json", ".pml", ".yml", ".sh", ".csproj", ".props", ".targets", ".patch", ""];
    private static readonly Lazy<HashSet<string>> s_namesInLibrary = new(ReadNames);

    /// <summary>Text files of the tree, by their paths from the root.</summary>
    public static IEnumerable<string> Files => s_folders
        .Select(folder => Path.Combine(WorkingTree.Root, folder))
        .Where(Directory.Exists)
        .SelectMany(FilesUnder)
        .Concat(Directory.EnumerateFiles(WorkingTree.Root, "*.md"))
        .Select(path => Path.GetRelativePath(WorkingTree.Root, path).Replace('\\', '/'));

    public static string Read(string path) => File.ReadAllText(Path.Combine(WorkingTree.Root, path));

    /// <summary>The different prefixes in the RouteTable sample's data, as a page writes the number.</summary>
    public static string CountPrefixes(string file)
    {
        using GZipStream content = new(
            File.OpenRead(Path.Combine(WorkingTree.Root, "samples/RouteTable/data", file)), CompressionMode.Decompress);
        using StreamReader reader = new(content);
        HashSet<string> prefixes = new(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            prefixes.Add(line.Split(',')[0]);
        }

        return prefixes.Count.ToString("N0", CultureInfo.InvariantCulture);
    }

    /// <summary>The path of the library's source file with this name, wherever it lies; null if there is
    /// none.</summary>
    public static string? FindInLibrary(string name) =>
        Directory.EnumerateFiles(Path.Combine(WorkingTree.Root, "src/Quiescent"), name, SearchOption.AllDirectories)
            .SingleOrDefault();

    /// <summary>Whether this is a name in the library's sources.</summary>
    public static bool IsNameInLibrary(string name) => s_namesInLibrary.Value.Contains(name);

    private static HashSet<string> ReadNames() =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(WorkingTree.Root, "src/Quiescent"), "*.cs", SearchOption.AllDirectories)
                .SelectMany(path => Word().Matches(File.ReadAllText(path)).Select(match => match.Value)),
        ];

    [GeneratedRegex(@"\b[A-Z]\w+\b")]
    private static partial Regex Word();

    private static IEnumerable<string> FilesUnder(string folder) => Directory.EnumerateFiles(folder)
        .Where(path => s_endings.Contains(Path.GetExtension(path)))
        .Concat(Directory.EnumerateDirectories(folder)
            .Where(inner => !s_builtFolders.Contains(Path.GetFileName(inner)))
            .SelectMany(FilesUnder));
}
