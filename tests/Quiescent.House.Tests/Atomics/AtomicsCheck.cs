using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Atomics;

/// <summary>Runs the analyzer of banned symbols with the library's own list, but without the exception that
/// .editorconfig makes for the one door.</summary>
internal static class AtomicsCheck
{
    private const string List = "src/Quiescent/BannedSymbols.txt";
    private const string Banned = "RS0030";
    private const string Analyzer = "Microsoft.CodeAnalysis.CSharp.BannedApiAnalyzers.CSharpSymbolIsBannedAnalyzer";

    /// <summary>The files that use a banned symbol, or a volatile field.</summary>
    public static async Task<IReadOnlyList<string>> FilesWithAtomics(
        CSharpCompilation compilation, CancellationToken cancellation)
    {
        AnalyzerOptions options = new([new BannedList()]);
        ImmutableArray<Diagnostic> found = await compilation
            .WithAnalyzers(Analyzers(), options)
            .GetAnalyzerDiagnosticsAsync(cancellation);
        Assert.All(found, finding => Assert.Equal(Banned, finding.Id));
        return
        [
            .. found.Select(finding => finding.Location.SourceTree!.FilePath)
                .Concat(compilation.SyntaxTrees.Where(HasVolatile).Select(tree => tree.FilePath))
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
    }

    private static bool HasVolatile(SyntaxTree tree) =>
        tree.GetRoot().DescendantTokens().Any(token => token.IsKind(SyntaxKind.VolatileKeyword));

    private static ImmutableArray<DiagnosticAnalyzer> Analyzers()
    {
        string folder = typeof(AtomicsCheck).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(entry => entry.Key == "BannedApiAnalyzers").Value!;
        Assembly assembly =
            Assembly.LoadFrom(Path.Combine(folder, "Microsoft.CodeAnalysis.CSharp.BannedApiAnalyzers.dll"));
        Type type = assembly.GetType(Analyzer, throwOnError: true)!;
        return [(DiagnosticAnalyzer)Activator.CreateInstance(type)!];
    }

    private sealed class BannedList : AdditionalText
    {
        public override string Path => "BannedSymbols.txt";

        public override SourceText GetText(CancellationToken cancellationToken = default) =>
            SourceText.From(SourceFile.Read(List).Text);
    }
}
