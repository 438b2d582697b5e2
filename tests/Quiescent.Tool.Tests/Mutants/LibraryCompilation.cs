using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Quiescent.Shared;
using Quiescent.Tool.Mutants;

namespace Quiescent.Tool.Tests.Mutants;

// Compiles the library's sources in this process. Parses them once, and for each mutant only the files that it changes.
internal sealed class LibraryCompilation
{
    // The SDK's source generator implements the methods that are imported from native libraries.
    private const string PartialWithoutImplementation = "CS8795";

    private readonly CSharpCompilation _sound;

    public LibraryCompilation(string tree)
    {
        _sound = CSharpCompilation.Create(
            "Quiescent",
            [
                CSharpSyntaxTree.ParseText(ImplicitUsings.Text),
                .. Trees.Sources(tree).Select(file =>
                    CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(tree, file)), path: file)),
            ],
            PlatformReferences.With(),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
    }

    /// <summary>The errors in the sources as they are.</summary>
    public IReadOnlyList<string> Errors() => Errors(_sound.GetDiagnostics());

    /// <summary>The errors in the sources with some files changed.</summary>
    /// <param name="changed">The new text of each changed file, whose path is relative to the tree.</param>
    /// <remarks>One file can break another only by what it declares. Where no declaration differs, this looks only at
    /// the changed files.</remarks>
    public IReadOnlyList<string> ErrorsWith(IReadOnlyDictionary<string, string> changed)
    {
        CSharpCompilation compilation = _sound;
        List<SyntaxTree> trees = [];
        bool isSurfaceEqual = true;
        foreach ((string file, string text) in changed)
        {
            SyntaxTree before = compilation.SyntaxTrees.Single(tree => tree.FilePath == file);
            SyntaxTree after = CSharpSyntaxTree.ParseText(text, path: file);
            isSurfaceEqual &= SyntaxFactory.AreEquivalent(before, after, topLevel: true);
            compilation = compilation.ReplaceSyntaxTree(before, after);
            trees.Add(after);
        }

        return Errors(isSurfaceEqual
            ? trees.SelectMany(tree => compilation.GetSemanticModel(tree).GetDiagnostics())
            : compilation.GetDiagnostics());
    }

    private static IReadOnlyList<string> Errors(IEnumerable<Diagnostic> diagnostics) =>
    [
        .. diagnostics
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .Where(diagnostic => diagnostic.Id != PartialWithoutImplementation)
            .Select(diagnostic => diagnostic.ToString()),
    ];
}
