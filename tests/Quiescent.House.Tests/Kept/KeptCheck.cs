using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Quiescent.House.Tests.Kept;

/// <summary>O5: a call on a domain may be its last use, and the finalizer frees the native memory of a domain that
/// nothing refers to. So a member of a domain's face that leads to that memory keeps the domain until it has been
/// there: <c>GC.KeepAlive(this)</c> stands behind its last mention of a field that leads there.</summary>
internal static class KeptCheck
{
    private static readonly HashSet<string> s_faces = ["GracePeriodDomain", "RcuDomain", "SrcuDomain"];

    private static readonly HashSet<string> s_leadThere = ["_core", "Core", "_state"];

    // These hand the fields on, compare addresses, or touch managed memory alone; what the producer does keeps the
    // domain by itself.
    private static readonly HashSet<string> s_exceptions =
    [
        "Core", "CreateSectionCheck", "ReadUnlock", "CallbackOf", "Return", "DeferThrottle",
        "VerifyReclaimed",
    ];

    public static IReadOnlyList<string> NotKept(CSharpCompilation compilation) =>
    [
        .. from tree in compilation.SyntaxTrees
           from type in tree.GetRoot().DescendantNodes().OfType<ClassDeclarationSyntax>()
           where s_faces.Contains(type.Identifier.Text)
           from member in type.Members
           where NameOf(member) is { } name && !s_exceptions.Contains(name) && !IsKept(member)
           select $"{type.Identifier.Text}.{NameOf(member)}: GC.KeepAlive(this) is not behind the last use",
    ];

    private static string? NameOf(MemberDeclarationSyntax member) => member switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        _ => null,
    };

    private static bool IsKept(MemberDeclarationSyntax member)
    {
        List<IdentifierNameSyntax> uses =
            [.. member.DescendantNodes().OfType<IdentifierNameSyntax>().Where(LeadsThere)];
        int kept = member.DescendantNodes().OfType<InvocationExpressionSyntax>()
            .Where(static call => call.ToString() == "GC.KeepAlive(this)")
            .Select(static call => call.SpanStart)
            .DefaultIfEmpty(-1)
            .Max();
        return uses.TrueForAll(use => use.SpanStart < kept && !use.Ancestors().Any(IsReturn));
    }

    private static bool LeadsThere(IdentifierNameSyntax name) =>
        s_leadThere.Contains(name.Identifier.Text)
        && !name.Ancestors().Any(static node => node is ThrowStatementSyntax || IsCallOnThis(node));

    private static bool IsReturn(SyntaxNode node) => node is ReturnStatementSyntax or ArrowExpressionClauseSyntax;

    // The method called keeps the object: it is checked too.
    private static bool IsCallOnThis(SyntaxNode node) =>
        node is InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: not "nameof" } };
}
