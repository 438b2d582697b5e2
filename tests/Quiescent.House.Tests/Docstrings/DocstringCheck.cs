using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Quiescent.House.Tests.Docstrings;

/// <summary>Finds public methods whose docstrings leave out the return value, or a parameter.</summary>
internal static class DocstringCheck
{
    private const string Returns = "returns";

    public static IReadOnlyList<string> Missing(CSharpCompilation compilation) =>
    [
        .. TypesIn(compilation.Assembly.GlobalNamespace)
            .Where(IsPublic)
            .SelectMany(MethodsOf)
            .SelectMany(method => MissingIn(method, compilation))
            .Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<string> MissingIn(IMethodSymbol method, Compilation compilation)
    {
        bool returns = !method.ReturnsVoid && method.MethodKind is not MethodKind.Constructor;
        string shown = method.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);
        IEnumerable<string> tags = method.Parameters.Select(parameter => parameter.Name);
        return tags
            .Where(name => !Has(DocumentedAs(method), $"param {name}", compilation, []))
            .Select(name => $"<param name=\"{name}\">")
            .Concat(returns && !Has(DocumentedAs(method), Returns, compilation, []) ? [$"<{Returns}>"] : [])
            .Select(tag => $"{Place(method)}: {shown} has no {tag}");
    }

    // A delegate's docstring is its type's; so is a primary constructor's.
    private static ISymbol DocumentedAs(IMethodSymbol method) =>
        method.MethodKind == MethodKind.DelegateInvoke || IsPrimary(method) ? method.ContainingType : method;

    private static bool Has(ISymbol symbol, string tag, Compilation compilation, HashSet<ISymbol> seen)
    {
        // The docstrings of other assemblies are theirs.
        if (!SymbolEqualityComparer.Default.Equals(symbol.ContainingAssembly, compilation.Assembly))
            return true;

        string xml = symbol.GetDocumentationCommentXml() ?? "";
        if (!seen.Add(symbol) || xml.Length == 0)
            return false;

        XElement docstring = XElement.Parse(xml);
        return docstring.Elements().Any(element => NameOf(element) == tag && IsFilled(element)) || docstring
            .Descendants("inheritdoc")
            .Select(inherit => Source(symbol, (string?)inherit.Attribute("cref"), compilation))
            .Any(source => source is not null && Has(source, tag, compilation, seen));
    }

    private static string NameOf(XElement element) =>
        element.Attribute("name") is { } name ? $"{element.Name} {name.Value}" : element.Name.ToString();

    private static bool IsFilled(XElement element) => element.Nodes().Any();

    private static ISymbol? Source(ISymbol symbol, string? reference, Compilation compilation) => reference is not null
        ? DocumentationCommentId.GetFirstSymbolForDeclarationId(reference, compilation)
        : symbol is IMethodSymbol method
            ? method.OverriddenMethod ?? ImplementedBy(method)
            : null;

    private static ISymbol? ImplementedBy(IMethodSymbol method) => method.ContainingType.AllInterfaces
        .SelectMany(contract => contract.GetMembers().OfType<IMethodSymbol>())
        .FirstOrDefault(member => SymbolEqualityComparer.Default.Equals(
            method.ContainingType.FindImplementationForInterfaceMember(member), method));

    private static IEnumerable<IMethodSymbol> MethodsOf(INamedTypeSymbol type) =>
        type.DelegateInvokeMethod is { } invoke
            ? [invoke]
            : type.GetMembers().OfType<IMethodSymbol>().Where(method => IsPublic(method) && IsWritten(method));

    private static bool IsWritten(IMethodSymbol method) => !method.IsImplicitlyDeclared && method.MethodKind is
        MethodKind.Ordinary or MethodKind.Constructor or MethodKind.UserDefinedOperator or MethodKind.Conversion;

    private static bool IsPrimary(IMethodSymbol method) => method.MethodKind == MethodKind.Constructor &&
        method.DeclaringSyntaxReferences is [var declaration, ..] &&
        declaration.GetSyntax() is Microsoft.CodeAnalysis.CSharp.Syntax.TypeDeclarationSyntax;

    // Derived classes see protected members.
    private static bool IsPublic(ISymbol symbol) =>
        symbol.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or
            Accessibility.ProtectedOrInternal &&
        (symbol.ContainingType is null || IsPublic(symbol.ContainingType));

    private static IEnumerable<INamedTypeSymbol> TypesIn(INamespaceOrTypeSymbol place) => place.GetMembers()
        .OfType<INamespaceOrTypeSymbol>()
        .SelectMany(member => member is INamedTypeSymbol type ? TypesIn(type).Prepend(type) : TypesIn(member));

    private static string Place(IMethodSymbol method)
    {
        FileLinePositionSpan span = method.Locations[0].GetLineSpan();
        return $"{span.Path}({span.StartLinePosition.Line + 1})";
    }
}
