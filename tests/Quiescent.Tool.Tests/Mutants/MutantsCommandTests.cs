using System.Text.Json;
using Quiescent.Tool.Commands;

namespace Quiescent.Tool.Tests.Mutants;

// The command over tiny trees, whose detectors are three lines of shell.
public sealed class MutantsCommandTests
{
    private const string Reads = "grep -q sound src/Quiescent/Source.txt";

    [Fact]
    public async Task A_mutant_that_its_detector_notices_is_killed_and_the_tree_is_left_as_it_was()
    {
        using TinyTree tree = new(Reads, ManifestOf("./detect"));
        (int exitCode, string output) = await Run(tree);
        Assert.True(exitCode == 0, output);
        Assert.EndsWith("1 killed, 0 survived, 0 errors", output.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal("sound\n", tree.SourceText);
    }

    // Fault caught: a mutant that is still in the sources when the next one is tried.
    [Fact]
    public async Task A_mutant_is_taken_back_before_the_next_one()
    {
        string manifest = $"[{EntryOf("first", "Says", "broken")}, {EntryOf("second", "Told", "sound, too")}]";
        using TinyTree tree = new($"! grep -q broken {TinyTree.Code}", manifest);
        (int exitCode, string output) = await Run(tree);
        Assert.Equal(1, exitCode);
        Assert.EndsWith("1 killed, 1 survived, 0 errors", output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_whose_text_is_not_there_is_an_error()
    {
        using TinyTree tree = new("true", $"[{EntryOf("mutant", "Asks", "broken")}]");
        (int exitCode, string output) = await Run(tree);
        Assert.Equal(1, exitCode);
        Assert.Contains("has no member Code.Asks", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mutant_can_be_applied_to_the_tree_itself()
    {
        string manifest = $"[{EntryOf("entry", "Says", "broken")}, {ManifestOf("./detect")[1..]}";
        using TinyTree tree = new("exit 1", manifest);
        Assert.Equal(0, (await Run(tree, apply: "entry")).ExitCode);
        Assert.Equal(0, (await Run(tree, apply: "mutant")).ExitCode);
        string code = File.ReadAllText(Path.Combine(tree.Root, TinyTree.Code));
        Assert.Contains("Says() => \"broken\"", code, StringComparison.Ordinal);
        Assert.Equal("broken\n", tree.SourceText);
        Assert.Equal(2, (await Run(tree, apply: "entry")).ExitCode);
    }

    // Fault caught: a runner that counts every detector it ran as a kill.
    [Fact]
    public async Task A_mutant_that_nobody_notices_survives_and_the_exit_code_is_1()
    {
        using TinyTree tree = new(Reads, ManifestOf("./detect"), patchedLine: "sound, too");
        (int exitCode, string output) = await Run(tree);
        Assert.Equal(1, exitCode);
        Assert.Contains("SURVIVED", output, StringComparison.Ordinal);
        Assert.EndsWith("0 killed, 1 survived, 0 errors", output.TrimEnd(), StringComparison.Ordinal);
    }

    // Fault caught: a detector that always fails, and so would seem to kill everything.
    [Theory]
    [InlineData("exit 1", 1, "control FAILED")]
    [InlineData("exit 3", 3, "control inconclusive")]
    [InlineData("kill -ABRT $$", 1, "control FAILED")]
    public async Task A_detector_that_is_not_silent_on_the_sources_as_they_are_kills_nothing(
        string detector, int expected, string said)
    {
        using TinyTree tree = new(detector, ManifestOf("./detect"));
        (int exitCode, string output) = await Run(tree);
        Assert.Equal(expected, exitCode);
        Assert.Contains(said, output, StringComparison.Ordinal);
        Assert.EndsWith("0 killed, 0 survived, 1 errors", output.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("exit 3", 3, "inconclusive")] // It could not tell.
    [InlineData("exit 2", 1, "ERROR")] // It did not understand its arguments.
    [InlineData("exec sleep 60", 3, "inconclusive")] // It was cut short, and that is no symptom here.
    [InlineData("echo MissingMethodException; exit 1", 1, "ERROR")] // Builds that do not fit together.
    public async Task A_detector_that_ends_otherwise_than_by_failing_kills_nothing(
        string onMutant, int expected, string said)
    {
        using TinyTree tree = new($"{Reads} || {{ {onMutant}; }}", ManifestOf("./detect"));
        (int exitCode, string output) = await Run(tree, seconds: 2);
        Assert.Equal(expected, exitCode);
        Assert.Contains(said, output, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("kill -SEGV $$", "", "crashed")]
    [InlineData("exec sleep 60", ", \"hangSeconds\": 1", "hung")]
    public async Task A_crash_is_a_kill_and_so_is_hanging_where_it_is_the_symptom(
        string onMutant, string more, string said)
    {
        using TinyTree tree = new($"{Reads} || {{ {onMutant}; }}", ManifestOf("./detect", more));
        (int exitCode, string output) = await Run(tree);
        Assert.True(exitCode == 0, output);
        Assert.Contains(said, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_patch_that_does_not_apply_is_an_error()
    {
        using TinyTree tree = new("true", ManifestOf("./detect"));
        tree.SourceText = "other sources\n";
        (int exitCode, string output) = await Run(tree);
        Assert.Equal(1, exitCode);
        Assert.Contains("does not apply", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_detector_is_tried_when_one_is_silent()
    {
        using TinyTree tree = new($"[ \"$1\" = blind ] || {Reads}", ManifestOf("./detect blind\", \"./detect"));
        (int exitCode, string output) = await Run(tree, json: true);
        Assert.Equal(0, exitCode);
        using JsonDocument document = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
        JsonElement mutant = Assert.Single(document.RootElement.GetProperty("mutants").EnumerateArray());
        Assert.Equal("Killed", mutant.GetProperty("fate").GetString());
        Assert.Equal("./detect", mutant.GetProperty("detector").GetString());
    }

    [Fact]
    public async Task A_name_that_is_not_in_the_manifest_is_a_bad_argument()
    {
        using TinyTree tree = new(Reads, ManifestOf("./detect"));
        (int exitCode, string output) = await Run(tree, only: ["another"]);
        Assert.Equal(2, exitCode);
        Assert.Contains("another", output, StringComparison.Ordinal);
    }

    private static string ManifestOf(string detectors, string more = "") =>
        $$"""
        [{ "name": "mutant", "obligation": "O1", "breaks": "The source.", "detectors": ["{{detectors}}"]{{more}} }]
        """;

    private static string EntryOf(string name, string member, string word) =>
        $$"""
        { "name": "{{name}}", "obligation": "O1", "breaks": "The code.", "detectors": ["./detect"],
          "file": "{{TinyTree.Code}}", "member": "Code.{{member}}", "find": "sound", "replace": "{{word}}" }
        """;

    private static async Task<(int ExitCode, string Output)> Run(
        TinyTree tree, int seconds = 30, bool json = false, string[]? only = null, string? apply = null)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        MutantsCommand.Options options = new()
        {
            Tree = tree.Root,
            Limit = TimeSpan.FromSeconds(seconds),
            Json = json,
            Only = only ?? [],
            Apply = apply,
        };
        int exitCode = await MutantsCommand.Run(options, output, error, TestContext.Current.CancellationToken);
        return (exitCode, json ? output.ToString() : output.ToString() + error);
    }
}
