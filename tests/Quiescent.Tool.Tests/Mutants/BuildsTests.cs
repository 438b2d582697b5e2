using Quiescent.Tool.Commands;

namespace Quiescent.Tool.Tests.Mutants;

// The command over a library of three members and a detector that is compiled against it.
public sealed class BuildsTests
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
        </Project>
        """;

    private const string Library = """
        public static class Library
        {
            public const int Constant = 1;

            public static int Body() => 1;

            public static int Unseen() => 1;
        }
        """;

    private const string Probe = """
        int failed = Library.Constant == 1 && Library.Body() == 1 ? 0 : 1;
        System.Console.WriteLine($"Total: 1, Errors: 0, Failed: {failed}, Skipped: 0");
        return failed;
        """;

    // Faults caught: a detector that runs with the library of another mutant, or with a constant compiled in from
    // another mutant; a mutant that does not compile and counts as killed.
    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_detector_runs_with_the_library_and_the_constants_of_its_own_mutant()
    {
        string[] mutants =
        [
            EntryOf("constant", "Constant", "= 1", "= 2"),
            EntryOf("unseen", "Unseen", "1", "2"),
            EntryOf("body", "Body", "1", "2"),
            EntryOf("misfit", "Body", "1", "missing"),
            EntryOf("unseen-again", "Unseen", "1", "3"),
        ];
        using TinyTree tree = new("true", $"[{string.Join(',', mutants)}]");
        tree.Write(".gitignore", "bin/\nobj/\n");
        tree.Write("src/Quiescent/Quiescent.csproj", Project);
        tree.Write("src/Quiescent/Library.cs", Library);
        tree.Write("tests/Probe.Tests/Probe.Tests.csproj", Project.Replace(
            "</PropertyGroup>",
            """
            <OutputType>Exe</OutputType></PropertyGroup>
            <ItemGroup><ProjectReference Include="../../src/Quiescent/Quiescent.csproj" /></ItemGroup>
            """,
            StringComparison.Ordinal));
        tree.Write("tests/Probe.Tests/Program.cs", Probe);

        using StringWriter output = new();
        MutantsCommand.Options options = new() { Tree = tree.Root };
        await MutantsCommand.Run(options, output, output, TestContext.Current.CancellationToken);
        string[] table = output.ToString().Split('\n')[^(mutants.Length + 2)..^2];
        IEnumerable<string[]> rows = table.Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(
            ["constant: killed", "unseen: SURVIVED", "body: killed", "misfit: ERROR", "unseen-again: SURVIVED"],
            rows.Select(words => $"{words[0]}: {words[2]}"));
    }

    private static string EntryOf(string name, string member, string find, string replace) =>
        $$"""
        { "name": "{{name}}", "obligation": "O1", "breaks": "The library.", "detectors": ["Probe.Tests Any"],
          "file": "src/Quiescent/Library.cs", "member": "Library.{{member}}",
          "find": "{{find}}", "replace": "{{replace}}" }
        """;
}
