using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Models;

/// <summary>A model's head says what it models: <c>Models  Folder/File.cs  Member, Member (remark);  File.cs
/// Member</c>, on one or more lines.</summary>
internal static partial class ModelCheck
{
    /// <summary>Files and members that do not exist, or a head that cannot be read.</summary>
    public static IReadOnlyList<string> Broken(SourceFile model, IReadOnlyList<SourceFile> sources)
    {
        string[] entries = [.. EntriesOf(model.Text)];
        return entries.Length == 0
            ? [$"{model.Path}: names nothing that it models"]
            : [.. entries.SelectMany(entry => Faults(entry, sources)).Select(fault => $"{model.Path}: {fault}")];
    }

    private static IEnumerable<string> EntriesOf(string text)
    {
        IEnumerable<string> lines = text.Split('\n')
            .SkipWhile(line => !line.StartsWith(" * Models ", StringComparison.Ordinal))
            .TakeWhile(line => line.Trim() != "*")
            .Select(line => line.Replace(" * Models ", " * ", StringComparison.Ordinal).TrimStart(' ', '*').Trim());

        // A file begins an entry, wherever it stands; a line without one goes on with the entry above.
        return EntryStart().Split(string.Join(' ', lines))
            .Select(entry => entry.Trim().TrimEnd(';'))
            .Where(entry => entry.Length > 0);
    }

    private static IEnumerable<string> Faults(string entry, IReadOnlyList<SourceFile> sources)
    {
        string[] parts = entry.Split(' ', 2, StringSplitOptions.TrimEntries);
        SourceFile[] files = [.. sources.Where(source => source.IsNamed(parts[0]))];
        if (files.Length != 1)
            return [$"{parts[0]} is no file, or several"];

        HashSet<string> members = MembersOf(files[0]);
        string[] items = parts.Length == 1 ? [] : parts[1].Split(',', StringSplitOptions.TrimEntries);
        return items.Length == 0
            ? [$"{parts[0]}: names no member"]
            : items.Select(item => Fault(parts[0], item, members)).OfType<string>();
    }

    private static string? Fault(string file, string item, HashSet<string> members) => Item().Match(item) switch
    {
        { Success: false } => $"{file}: '{item}' is not the name of a member",
        var name when !members.Contains(name.Groups["name"].Value) =>
            $"{file}: declares no {name.Groups["name"].Value}",
        _ => null,
    };

    private static HashSet<string> MembersOf(SourceFile file)
    {
        CSharpSyntaxNode root = (CSharpSyntaxNode)CSharpSyntaxTree.ParseText(file.Text).GetRoot();
        HashSet<string> names = [];
        foreach (TypeDeclarationSyntax type in root.DescendantNodes().OfType<TypeDeclarationSyntax>())
        {
            foreach (string name in type.Members.SelectMany(NamesOf))
            {
                names.Add(name);
                names.Add($"{type.Identifier.ValueText}.{name}");
            }
        }

        return names;
    }

    private static IEnumerable<string> NamesOf(MemberDeclarationSyntax member) => member switch
    {
        MethodDeclarationSyntax method => [method.Identifier.ValueText],
        PropertyDeclarationSyntax property => [property.Identifier.ValueText],
        FieldDeclarationSyntax field => field.Declaration.Variables.Select(variable => variable.Identifier.ValueText),
        _ => [],
    };

    [GeneratedRegex(@"(?=(?<![\w./])[\w./]+\.cs\b)")]
    private static partial Regex EntryStart();

    [GeneratedRegex(@"^(?<name>[A-Z]\w*(?:\.[A-Z]\w*)?)(?: \([^)]*\))?$")]
    private static partial Regex Item();
}
