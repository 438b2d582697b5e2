using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace Quiescent.Documentation.Tests.Snippets;

/// <summary>Compiles and runs snippets, and reports what differs from their page.</summary>
internal sealed class SnippetCheck : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quiescent-snippets-");
    private int _programs;

    public SnippetCheck()
    {
        foreach (string library in SnippetCompiler.Libraries)
        {
            File.Copy(library, Path.Combine(_folder.FullName, Path.GetFileName(library)));
        }
    }

    /// <summary>Longer than any snippet takes on the busiest machine.</summary>
    public TimeSpan Bound { get; init; } = TimeSpan.FromMinutes(2);

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Null if the page is right; otherwise what is wrong.</summary>
    public string? Find(Snippet snippet)
    {
        string program = Path.Combine(_folder.FullName, $"Snippet{++_programs}.dll");
        IReadOnlyList<Diagnostic> errors = SnippetCompiler.Compile(snippet, program);
        if (snippet.Ending == Ending.Fails)
        {
            string[] found = [.. errors.Select(error => error.Id).Distinct().Order(StringComparer.Ordinal)];
            return found.SequenceEqual(snippet.Named)
                ? Compare(snippet, Text(errors))
                : Fault(snippet, "draws other errors", Places(errors));
        }

        if (errors.Count > 0)
        {
            return Fault(snippet, "does not compile", Places(errors));
        }

        File.Copy(
            Path.Combine(
                AppContext.BaseDirectory, $"{typeof(SnippetCheck).Assembly.GetName().Name}.runtimeconfig.json"),
            Path.ChangeExtension(program, "runtimeconfig.json"));
        return SnippetRun.Of(program, Bound) is { } run ? Find(snippet, run) : Fault(snippet, "does not end", "");
    }

    private static string? Find(Snippet snippet, SnippetRun run)
    {
        if (snippet.Ending == Ending.Throws)
        {
            string type = snippet.Named[0];
            return run.Uncaught is { } thrown
                && (thrown == type || thrown.EndsWith('.' + type, StringComparison.Ordinal))
                ? Compare(snippet, run.Output)
                : Fault(snippet, $"does not end with {type}", run.Output);
        }

        return run.ExitCode == 0
            ? Compare(snippet, run.Output)
            : Fault(snippet, $"ends with exit code {run.ExitCode}", run.Output);
    }

    // The page need not show the text of an exception or error; it must show other output.
    private static string? Compare(Snippet snippet, string output)
    {
        bool isRight = (snippet.Ending != Ending.Well && snippet.Shown.Length == 0)
            || Pattern(snippet.Shown).IsMatch(output);
        return isRight ? null : Fault(snippet, "has another output than the page shows", output);
    }

    // An ellipsis stands for any text within a line; a line of its own, for any lines.
    private static Regex Pattern(string shown)
    {
        IEnumerable<string> lines = shown.Split('\n').SkipLast(1).Select(line =>
            line == "…" ? "(?:.*\n)*?" : Regex.Escape(line).Replace("…", ".*", StringComparison.Ordinal) + "\n");
        return new Regex($@"\A{string.Concat(lines)}\z");
    }

    private static string Text(IEnumerable<Diagnostic> errors) =>
        string.Concat(errors.Select(error => $"error {error.Id}: {error.GetMessage(null)}\n").Distinct());

    private static string Places(IEnumerable<Diagnostic> errors) => string.Concat(errors.Select(error =>
    {
        FileLinePositionSpan place = error.Location.GetMappedLineSpan();
        return $"{place.Path}:{place.StartLinePosition.Line + 1}: error {error.Id}: {error.GetMessage(null)}\n";
    }));

    private static string Fault(Snippet snippet, string what, string text) => $"{snippet}: the snippet {what}.\n{text}";
}
