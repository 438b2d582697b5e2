using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Quiescent.Shared;

namespace Quiescent.House.Tests.Sources;

/// <summary>Sources compiled as the projects of the tree are, so that names can be looked up in them.</summary>
internal static class Library
{
    private static readonly Lazy<CSharpCompilation> s_quiescent =
        new(() => Compile(FilesOf("src/Quiescent"), DocumentationMode.Parse));

    private static readonly Lazy<CSharpCompilation> s_testing = new(() => Compile(
        FilesOf("src/Quiescent.Testing"),
        DocumentationMode.Parse,
        s_quiescent.Value.ToMetadataReference()));

    /// <summary>src/Quiescent. The paths of its trees start at the root of the working tree.</summary>
    public static CSharpCompilation Quiescent => s_quiescent.Value;

    /// <summary>src/Quiescent.Testing.</summary>
    public static CSharpCompilation Testing => s_testing.Value;

    public static CSharpCompilation Compile(
        IEnumerable<(string Path, string Text)> files,
        DocumentationMode documentation = DocumentationMode.Parse,
        params MetadataReference[] references)
    {
        CSharpParseOptions parsing = new(LanguageVersion.Latest, documentation);
        return CSharpCompilation.Create(
            "Sources",
            [
                CSharpSyntaxTree.ParseText(ImplicitUsings.Text, parsing, "Implicit.cs"),
                .. files.Select(file => CSharpSyntaxTree.ParseText(file.Text, parsing, file.Path)),
            ],
            [.. PlatformReferences.With(), .. references],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
    }

    private static IEnumerable<(string Path, string Text)> FilesOf(string folder) =>
        SourceTree.Files(folder, "*.cs").Select(path => (path, SourceTree.Read(path)));
}
