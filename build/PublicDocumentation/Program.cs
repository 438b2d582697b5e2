// The compiler documents internal members too, and has no switch for it. This program removes them:
//
//   PublicDocumentation OUTPUT DOCUMENTATION ASSEMBLY REFERENCES
//
// REFERENCES is a file with the path of a referenced assembly on each line. PublicDocumentation.targets runs this for
// each package.
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

if (args is not [string output, string documentation, string assembly, string references])
{
    Console.Error.WriteLine("usage: PublicDocumentation OUTPUT DOCUMENTATION ASSEMBLY REFERENCES");
    return 2;
}

var compilation = CSharpCompilation.Create(
    "User",
    references: File.ReadLines(references).Append(assembly).Select(path => MetadataReference.CreateFromFile(path)));
var document = XDocument.Load(documentation, LoadOptions.PreserveWhitespace);
foreach (XElement member in document.Descendants("member").ToList())
{
    string id = (string)member.Attribute("name")!;
    if (!IsPublic(DocumentationCommentId.GetFirstSymbolForDeclarationId(id, compilation)))
    {
        (member.PreviousNode as XText)?.Remove(); // its line
        member.Remove();
    }
}

document.Save(output, SaveOptions.DisableFormatting);
return 0;

// Users may derive, and so see protected members.
static bool IsPublic(ISymbol? symbol) => symbol is INamespaceSymbol
    || (symbol?.DeclaredAccessibility
            is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal
        && IsPublic(symbol.ContainingSymbol));
