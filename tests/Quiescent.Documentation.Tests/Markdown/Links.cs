namespace Quiescent.Documentation.Tests.Markdown;

/// <summary>
/// Finds links that lead nowhere. Links of packaged readmes are absolute; those into this repository are looked up in
/// the tree, and those that lead elsewhere are not.
/// </summary>
internal static class Links
{
    /// <summary>The lines and targets of links to files, folders and headings that do not exist.</summary>
    public static IEnumerable<string> Broken(Page page) => page.Links
        .Where(link => !LeadsElsewhere(link.Target) && !LeadsSomewhere(page, link.Target))
        .Select(link => $"{page.Path}:{link.Line}: {link.Target}");

    private static bool LeadsElsewhere(string target) =>
        target.Contains("://", StringComparison.Ordinal)
        && !target.StartsWith(WorkingTree.PublicAddress, StringComparison.Ordinal);

    private static bool LeadsSomewhere(Page page, string target)
    {
        string[] parts = target.Split('#', 2);
        string path = parts[0].Length == 0 ? page.Path
            : parts[0].StartsWith(WorkingTree.PublicAddress, StringComparison.Ordinal)
                ? parts[0][WorkingTree.PublicAddress.Length..]
            : Path.GetRelativePath(
                WorkingTree.Root, Path.Combine(WorkingTree.Root, Path.GetDirectoryName(page.Path)!, parts[0]))
                .Replace('\\', '/');
        string full = Path.Combine(WorkingTree.Root, path);
        bool isThere = path == page.Path || File.Exists(full) || Directory.Exists(full);
        return isThere && !path.StartsWith("../", StringComparison.Ordinal)
            && (parts.Length == 1 || HasAnchor(page, path, parts[1]));
    }

    private static bool HasAnchor(Page page, string path, string anchor) =>
        (path == page.Path ? page : WorkingTree.Read(path)).Anchors.Contains(anchor);
}
