using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Quiescent.Documentation.Tests.Snippets;

/// <summary>
/// One source text from all pieces of a program, in the order that the language wants: usings, attributes, statements,
/// types. Lines keep their numbers on the page, so that errors and stack traces name these.
/// </summary>
internal static class ProgramText
{
    public static string Of(Snippet snippet)
    {
        StringBuilder usings = new(), attributes = new(), statements = new(), types = new();
        HashSet<string> used = [];
        foreach (Piece piece in snippet.Pieces)
        {
            CompilationUnitSyntax unit = SyntaxFactory.ParseCompilationUnit(piece.Code);
            foreach (UsingDirectiveSyntax directive in unit.Usings.Where(directive => used.Add(directive.ToString())))
            {
                Add(usings, piece, directive);
            }

            foreach (AttributeListSyntax list in unit.AttributeLists)
            {
                Add(attributes, piece, list);
            }

            foreach (MemberDeclarationSyntax member in unit.Members)
            {
                Add(member is GlobalStatementSyntax ? statements : types, piece, member);
            }

            // Text that the parser could not use hangs here, and must be an error of the program too.
            Add(types, piece, unit.EndOfFileToken);
        }

        return snippet.IsUnsafe
            ? $"{usings}{attributes}#line hidden\nunsafe {{\n{statements}#line hidden\n}}\n{types}"
            : $"{usings}{attributes}{statements}{types}";
    }

    private static void Add(StringBuilder text, Piece piece, SyntaxNodeOrToken part)
    {
        int line = piece.Line + part.SyntaxTree!.GetLineSpan(part.FullSpan).StartLinePosition.Line;
        text.Append("#line ").Append(line).Append(" \"").Append(piece.Page).Append("\"\n").Append(part.ToFullString())
            .Append('\n');
    }
}
