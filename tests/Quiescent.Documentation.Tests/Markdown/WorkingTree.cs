using System.Xml.Linq;

namespace Quiescent.Documentation.Tests.Markdown;

/// <summary>The tree that these tests were built in: the pages are read from it, as a reader finds them.</summary>
internal static class WorkingTree
{
    private static readonly string[] s_builtFolders = [".git", "bin", "obj", "artifacts", "node_modules"];

    public static string Root { get; } = FindRoot();

    /// <summary>Files of the tree are published below this address.</summary>
    public static string PublicAddress { get; } = XDocument.Load(Path.Combine(Root, "Directory.Build.props"))
        .Descendants("RepositoryUrl").Single().Value + "/blob/main/";

    /// <summary>All Markdown pages of the tree, wherever they lie, by their paths from the root.</summary>
    public static IReadOnlyList<string> Pages { get; } =
        [.. PagesUnder(Root).Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    public static Page Read(string path) => Page.Parse(path, File.ReadAllText(Path.Combine(Root, path)));

    private static IEnumerable<string> PagesUnder(string folder) => Directory.EnumerateFiles(folder, "*.md").Concat(
        Directory.EnumerateDirectories(folder)
            .Where(inner => !s_builtFolders.Contains(Path.GetFileName(inner)))
            .SelectMany(PagesUnder));

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
