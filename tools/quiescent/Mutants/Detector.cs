namespace Quiescent.Tool.Mutants;

// A command of the tree itself that is silent on sound sources and fails on a mutant. Its first word tells what it is:
//
//     Quiescent.Tests EngineTests.A_dead_thread_s_word_…    a test project and a test of it; without a dot, a class of
//     tests quiescent litmus --test store-buffer                  a command of this program, built from the changed
//     tree verification/codegen/run arm64                        a program by its path; it builds what it needs by
//     itself
//
// Exit codes of the last two are those of this program: 1 failed, 3 inconclusive.
internal sealed record Detector
{
    private const string Tool = "quiescent";
    private const string Assembly = "Quiescent.Tool";

    private Detector(string text, string? project, string program, IReadOnlyList<string> arguments, bool isTest)
    {
        Text = text;
        Project = project;
        Program = program;
        Arguments = arguments;
        IsTest = isTest;
    }

    /// <summary>Its text in the manifest.</summary>
    public string Text { get; }

    /// <summary>The project to build first; null for none.</summary>
    public string? Project { get; }

    /// <summary>The program to start; like the project, relative to the tree.</summary>
    public string Program { get; }

    public IReadOnlyList<string> Arguments { get; }

    public bool IsTest { get; }

    /// <exception cref="FormatException">The text names no detector.</exception>
    public static Detector Parse(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            throw new FormatException("A detector is empty.");
        }

        string first = words[0];
        if (first.Contains('/', StringComparison.Ordinal))
        {
            return new Detector(text, null, first, words[1..], isTest: false);
        }

        if (first == Tool && words.Length > 1)
        {
            const string Project = "tools/" + Tool;
            return new Detector(text, Project, ProgramOf(Project, Assembly), words[1..], isTest: false);
        }

        if (first.Contains('.', StringComparison.Ordinal) && words.Length == 2)
        {
            string project = "tests/" + first;
            string filter = words[1].Contains('.', StringComparison.Ordinal) ? "-method" : "-class";
            return new Detector(
                text, project, ProgramOf(project, first), [filter, "*." + words[1], "-noLogo", "-noColor"],
                isTest: true);
        }

        throw new FormatException($"'{text}' is neither a test, nor a command of {Tool}, nor the path of a program.");
    }

    public bool Equals(Detector? other) => other is not null && other.Text == Text;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    public override string ToString() => Text;

    private static string ProgramOf(string project, string name) => $"{project}/bin/Release/net10.0/{name}";
}
