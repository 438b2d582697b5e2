namespace Quiescent.Shared;

/// <summary>The tree that these tests were built in: they read sources and pages from it, as a reader finds
/// them.</summary>
internal static class SourceTree
{
    private static readonly string[] s_builtFolders = [".git", "bin", "obj", "artifacts", "node_modules"];

    public static string Root { get; } = FindRoot();

    /// <summary>Paths from the root, with forward slashes, of all files below a folder that were not built
    /// there.</summary>
    public static IReadOnlyList<string> Files(string folder, string pattern) =>
    [
        .. FilesUnder(Path.Combine(Root, folder), pattern)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static bool Has(string path) => File.Exists(Path.Combine(Root, path));

    private static IEnumerable<string> FilesUnder(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern).Concat(
            Directory.EnumerateDirectories(folder)
                .Where(inner => !s_builtFolders.Contains(Path.GetFileName(inner)))
                .SelectMany(inner => FilesUnder(inner, pattern)));

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Quiescent.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("The test was not built inside of its tree.");
    }
}
