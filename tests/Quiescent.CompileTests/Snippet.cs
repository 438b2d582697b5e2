using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Quiescent.Shared;

namespace Quiescent.CompileTests;

/// <summary>Compiles pieces of C# against the built library, as in a program that references it.</summary>
internal static class Snippet
{
    private const string Preamble = """
        global using System;
        global using System.Collections.Generic;
        global using System.Runtime.CompilerServices;
        global using System.Threading.Tasks;
        global using Quiescent;

        public struct Node
        {
            public int Value;
            public RcuPointer<Node> Next;
        }

        public static class Shared
        {
            public static RcuPointer<Node> Head;
            public static RcuPointer UntypedHead;
            public static Node Fallback;
        }

        """;

    private static readonly ImmutableArray<MetadataReference> s_references =
        PlatformReferences.With(typeof(Rcu).Assembly.Location);

    /// <summary>The members draw exactly these errors; their legal twin, written beside them, draws none.</summary>
    /// <remarks>Without the twin a misspelt name would pass: it does not compile, and no test shows why.</remarks>
    public static void Draws(string[] errors, string illegal, string legal)
    {
        Assert.Empty(Compile(Program(legal), Stream.Null, DiagnosticSeverity.Error));
        Assert.Equal(errors, Ids(Compile(Program(illegal), Stream.Null, DiagnosticSeverity.Error)));
    }

    /// <inheritdoc cref="Draws(string[], string, string)"/>
    public static void Draws(string error, string illegal, string legal) => Draws([error], illegal, legal);

    /// <summary>An error in safe code that is only this warning where the code around it is unsafe.</summary>
    public static void DrawsOnlyAWarningIfUnsafe(string error, string warning, string illegal)
    {
        Assert.Equal([error], Ids(Compile(Program(illegal), Stream.Null, DiagnosticSeverity.Warning)));
        Assert.Equal([warning], Ids(Compile("unsafe " + Program(illegal), Stream.Null, DiagnosticSeverity.Warning)));
    }

    /// <summary>The assembly image of types that must compile.</summary>
    public static byte[] Image(string types)
    {
        using var image = new MemoryStream();
        Assert.Empty(Compile(types, image, DiagnosticSeverity.Error));
        return image.ToArray();
    }

    private static string Program(string members) => $"static class Program {{ {members} }}";

    private static IEnumerable<string> Ids(IEnumerable<Diagnostic> diagnostics) =>
        diagnostics.Select(diagnostic => diagnostic.Id).Order();

    // Emit, not GetDiagnostics: values that must not live across an await are found only while the state machine is
    // made.
    private static ImmutableArray<Diagnostic> Compile(string types, Stream image, DiagnosticSeverity atLeast)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var compilation = CSharpCompilation.Create(
            "Snippet",
            [
                CSharpSyntaxTree.ParseText(Preamble, cancellationToken: cancellation),
                CSharpSyntaxTree.ParseText(types, cancellationToken: cancellation),
            ],
            s_references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        var result = compilation.Emit(image, cancellationToken: cancellation);
        return [.. result.Diagnostics.Where(diagnostic => diagnostic.Severity >= atLeast)];
    }
}
