using System.Xml.Linq;
using Quiescent.Shared;

namespace Quiescent.Documentation.Tests.Markdown;

/// <summary>The pages of the tree that these tests were built in, as a reader finds them.</summary>
internal static class WorkingTree
{
    public static string Root => SourceTree.Root;

    /// <summary>Files of the tree are published below this address.</summary>
    public static string PublicAddress { get; } = XDocument.Load(Path.Combine(Root, "Directory.Build.props"))
        .Descendants("RepositoryUrl").Single().Value + "/blob/main/";

    /// <summary>All Markdown pages of the tree, wherever they lie, by their paths from the root.</summary>
    public static IReadOnlyList<string> Pages { get; } = SourceTree.Files(".", "*.md");

    public static Page Read(string path) => Page.Parse(path, SourceTree.Read(path));
}
