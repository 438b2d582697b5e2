using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;
using Quiescent.Shared;

namespace Quiescent.Documentation.Tests.Snippets;

/// <summary>Compiles a snippet's program as a new project would that has the packages and treats warnings as
/// errors.</summary>
internal static class SnippetCompiler
{
    private static readonly CSharpParseOptions s_parsing =
        CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);

    /// <summary>The libraries that a snippet may use, beside the platform's.</summary>
    public static IReadOnlyList<string> Libraries { get; } =
    [
        typeof(Rcu).Assembly.Location,
        typeof(Collections.DictionaryCursor).Assembly.Location,
        typeof(Testing.ParkedReader).Assembly.Location,
        typeof(Assert).Assembly.Location,
    ];

    private static ImmutableArray<MetadataReference> PlatformAndLibraries { get; } =
        PlatformReferences.With(Libraries);

    /// <summary>Writes the program, and its line numbers beside it; or returns the errors.</summary>
    public static IReadOnlyList<Diagnostic> Compile(Snippet snippet, string path)
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(path),
            [Parse(ImplicitUsings.Text), Parse(ProgramText.Of(snippet))],
            PlatformAndLibraries,
            new CSharpCompilationOptions(
                OutputKind.ConsoleApplication,
                optimizationLevel: OptimizationLevel.Release,
                allowUnsafe: true,
                generalDiagnosticOption: ReportDiagnostic.Error,
                warningLevel: 9999,
                nullableContextOptions: NullableContextOptions.Enable,
                concurrentBuild: false));
        using FileStream image = File.Create(path);
        using FileStream lines = File.Create(Path.ChangeExtension(path, "pdb"));

        // Emitted, not only analysed: values that must not live across an await are found while the state machine is
        // made.
        EmitResult result = compilation.Emit(
            image, lines, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb));
        return [.. result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)];
    }

    private static SyntaxTree Parse(string text) =>
        CSharpSyntaxTree.ParseText(SourceText.From(text, System.Text.Encoding.UTF8), s_parsing);
}
