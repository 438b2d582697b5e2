using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Quiescent.House.Tests.Weight;

/// <summary>What looks small in the source and brings a large part of the base library into native code: LINQ and
/// ranges over arrays, with the runtime's type loader; concurrent dictionaries; the text of enumerations.</summary>
internal static class WeightCheck
{
    private static readonly HashSet<string> s_namespaces = ["System.Linq", "System.Collections.Concurrent"];

    // The event source: a program that has one has all of this.
    private const string Exempt = "src/Quiescent/Diagnostics/QuiescentEvents.cs";

    public static IReadOnlyList<string> HeavyUses(CSharpCompilation compilation) =>
    [
        .. from tree in compilation.SyntaxTrees
           where tree.FilePath is not ("Implicit.cs" or Exempt)
           let model = compilation.GetSemanticModel(tree)
           from node in tree.GetRoot().DescendantNodes()
           let what = What(node, model)
           where what is not null
           let line = tree.GetLineSpan(node.Span).StartLinePosition.Line + 1
           select $"{tree.FilePath}({line}): {what}",
    ];

    private static string? What(SyntaxNode node, SemanticModel model) => node switch
    {
        ElementAccessExpressionSyntax access when IsRangeOfArray(access, model) => "a range over an array",
        IdentifierNameSyntax or GenericNameSyntax => OfSymbol(model.GetSymbolInfo(node).Symbol),
        _ => null,
    };

    private static bool IsRangeOfArray(ElementAccessExpressionSyntax access, SemanticModel model) =>
        model.GetTypeInfo(access.Expression).Type is IArrayTypeSymbol
        && access.ArgumentList.Arguments is [{ Expression: RangeExpressionSyntax }];

    private static string? OfSymbol(ISymbol? symbol)
    {
        if (symbol is INamedTypeSymbol or IMethodSymbol
            && s_namespaces.Contains(symbol.ContainingNamespace?.ToDisplayString() ?? ""))
        {
            return symbol.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);
        }

        return symbol is IMethodSymbol { ContainingType.SpecialType: SpecialType.System_Enum }
            ? $"Enum.{symbol.Name}"
            : null;
    }
}
