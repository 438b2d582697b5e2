using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Quiescent.House.Tests.Sources;

/// <summary>A comment line without its slashes: a docstring's, or another.</summary>
internal readonly record struct Comment(string Path, int Line, string Text);

internal static class Comments
{
    public static IReadOnlyList<Comment> In(SourceFile file)
    {
        // Without documentation a docstring is a comment of lines like any other.
        CSharpParseOptions parsing = new(LanguageVersion.Latest, DocumentationMode.None);
        SyntaxTree tree = CSharpSyntaxTree.ParseText(file.Text, parsing, file.Path);
        return
        [
            .. tree.GetRoot().DescendantTrivia()
                .Where(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) ||
                    trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia) ||
                    trivia.IsKind(SyntaxKind.MultiLineCommentTrivia))
                .Select(trivia => new Comment(
                    file.Path,
                    trivia.GetLocation().GetLineSpan().StartLinePosition.Line + 1,
                    trivia.ToString().TrimStart('/').Trim())),
        ];
    }
}
