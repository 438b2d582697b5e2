using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Asserts;

/// <summary>An assert states an invariant, and its message names the obligation that needs it.</summary>
internal static class AssertCheck
{
    public static IReadOnlyList<string> WithoutObligation(CSharpCompilation compilation, Glossary glossary) =>
    [
        .. compilation.SyntaxTrees.SelectMany(tree => AssertsIn(tree, compilation.GetSemanticModel(tree))
            .Where(assert => !Cites(assert, compilation.GetSemanticModel(tree), glossary))
            .Select(assert => $"{tree.FilePath}({assert.GetLocation().GetLineSpan().StartLinePosition.Line + 1}): " +
                "an assert that names no obligation of the glossary")),
    ];

    private static IEnumerable<InvocationExpressionSyntax> AssertsIn(SyntaxTree tree, SemanticModel model) =>
        tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>().Where(call =>
            model.GetSymbolInfo(call) is var found &&
            (found.Symbol ?? found.CandidateSymbols.FirstOrDefault()) is IMethodSymbol { Name: "Assert" } method &&
            method.ContainingType.ToDisplayString() == "System.Diagnostics.Debug");

    private static bool Cites(InvocationExpressionSyntax assert, SemanticModel model, Glossary glossary) =>
        assert.ArgumentList.Arguments.Skip(1)
            .Select(argument => model.GetConstantValue(argument.Expression).Value as string)
            .Any(message => message is not null && Glossary.ObligationsIn(message).Any(glossary.Defines));
}
