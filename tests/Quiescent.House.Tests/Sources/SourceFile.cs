using Quiescent.Shared;

namespace Quiescent.House.Tests.Sources;

/// <summary>A file's text and its path from the root of the tree.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    public static IReadOnlyList<SourceFile> Under(string folder, string pattern) =>
        [.. SourceTree.Files(folder, pattern).Select(Read)];

    public static SourceFile Read(string path) => new(path, SourceTree.Read(path));

    /// <summary>Whether a comment means this file by a path from some folder above it, or by its bare name.</summary>
    public bool IsNamed(string name) => $"/{Path}".EndsWith($"/{name}", StringComparison.Ordinal);
}
