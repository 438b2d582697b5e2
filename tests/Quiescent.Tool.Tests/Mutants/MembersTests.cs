using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Quiescent.Tool.Mutants;

namespace Quiescent.Tool.Tests.Mutants;

public sealed class MembersTests
{
    // Fault caught: a declaration that the tool misreads, since it looks only at the indentation.
    [Fact]
    public void Members_are_those_that_the_compiler_sees_in_every_source_file_of_the_library()
    {
        string tree = Trees.Own();
        int count = 0;
        foreach (string file in Trees.Sources(tree))
        {
            string source = File.ReadAllText(Path.Combine(tree, file));
            Member[] parsed = [.. Parse(source)];
            Assert.Equal(
                parsed.Select(member => $"{file}: {member}").Order(),
                Members.In(source.Split('\n')).Select(member => $"{file}: {member}").Order());
            count += parsed.Length;
        }

        Assert.True(count > 500, $"There are {count} members.");
    }

    private static IEnumerable<Member> Parse(string source)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(source);
        foreach (BaseTypeDeclarationSyntax type in tree.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
        {
            IEnumerable<MemberDeclarationSyntax> members = type switch
            {
                TypeDeclarationSyntax declaration => declaration.Members,
                EnumDeclarationSyntax declaration => declaration.Members,
                _ => [],
            };
            foreach (MemberDeclarationSyntax member in members)
            {
                FileLinePositionSpan lines = tree.GetLineSpan(member.Span);
                int end = lines.EndLinePosition.Line + 1;
                yield return new Member(type.Identifier.Text, NameOf(member), lines.StartLinePosition.Line, end);
            }
        }
    }

    private static string NameOf(MemberDeclarationSyntax member) => member switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        DestructorDeclarationSyntax destructor => destructor.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        EventDeclarationSyntax @event => @event.Identifier.Text,
        DelegateDeclarationSyntax type => type.Identifier.Text,
        BaseTypeDeclarationSyntax type => type.Identifier.Text,
        EnumMemberDeclarationSyntax constant => constant.Identifier.Text,
        BaseFieldDeclarationSyntax field => field.Declaration.Variables.Single().Identifier.Text,
        IndexerDeclarationSyntax => "this",
        OperatorDeclarationSyntax or ConversionOperatorDeclarationSyntax => "operator",
        _ => member.Kind().ToString(),
    };
}
