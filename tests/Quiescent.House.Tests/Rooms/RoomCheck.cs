using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Quiescent.House.Tests.Rooms;

/// <summary>Finds the uses that do not point downward.</summary>
internal static class RoomCheck
{
    /// <summary>All uses from one room to another, a line once for each type.</summary>
    public static IReadOnlyList<RoomUse> Uses(CSharpCompilation compilation) =>
    [
        .. compilation.SyntaxTrees
            .SelectMany(tree => UsesIn(tree, compilation.GetSemanticModel(tree)))
            .Distinct()
            .OrderBy(use => use.Path, StringComparer.Ordinal)
            .ThenBy(use => use.Line),
    ];

    public static IReadOnlyList<RoomUse> Upward(IEnumerable<RoomUse> uses) =>
        [.. uses.Where(use => !RoomPlan.MayUse(use.From, use.To))];

    /// <summary>Folders that are no rooms, and types whose parts stand in several.</summary>
    public static IReadOnlyList<string> Misplaced(CSharpCompilation compilation)
    {
        IEnumerable<string> folders = compilation.SyntaxTrees
            .Where(tree => !RoomPlan.IsRoom(RoomPlan.RoomOf(tree.FilePath)))
            .Select(tree => $"{tree.FilePath}: {RoomPlan.RoomOf(tree.FilePath)} is no room");
        IEnumerable<string> types = compilation.SyntaxTrees
            .SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
                .Select(type => compilation.GetSemanticModel(tree).GetDeclaredSymbol(type)!))
            .Distinct<INamedTypeSymbol>(SymbolEqualityComparer.Default)
            .Where(type => RoomsOf(type).Count() > 1)
            .Select(type => $"{type.Name} stands in several rooms: {string.Join(", ", RoomsOf(type))}");
        return [.. folders.Concat(types).Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<RoomUse> UsesIn(SyntaxTree tree, SemanticModel model)
    {
        string from = RoomPlan.RoomOf(tree.FilePath);
        foreach (SimpleNameSyntax name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            SymbolInfo found = model.GetSymbolInfo(name);
            if (TypeOf(found.Symbol ?? found.CandidateSymbols.FirstOrDefault()) is { } type)
            {
                string used = Outermost(type).Name;
                int line = name.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
                foreach (string to in RoomsOf(type).Where(room => room != from))
                    yield return new RoomUse(tree.FilePath, line, UserOf(name), from, used, to);
            }
        }
    }

    private static INamedTypeSymbol? TypeOf(ISymbol? symbol) => symbol switch
    {
        INamedTypeSymbol type => type,
        IMethodSymbol { ReducedFrom: { } extension } => extension.ContainingType,
        IMethodSymbol or IFieldSymbol or IPropertySymbol or IEventSymbol => symbol.ContainingType,
        _ => null,
    };

    private static INamedTypeSymbol Outermost(INamedTypeSymbol type) =>
        type.ContainingType is { } outer ? Outermost(outer) : type;

    private static string UserOf(SyntaxNode name) => name.Ancestors().LastOrDefault(IsType) switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier.ValueText,
        DelegateDeclarationSyntax type => type.Identifier.ValueText,
        _ => "no type",
    };

    private static bool IsType(SyntaxNode node) => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax;

    private static IEnumerable<string> RoomsOf(INamedTypeSymbol type) => type.DeclaringSyntaxReferences
        .Select(declaration => RoomPlan.RoomOf(declaration.SyntaxTree.FilePath))
        .Distinct()
        .Order(StringComparer.Ordinal);
}
