using Quiescent.Tool.Mutants;

namespace Quiescent.Tool.Tests.Mutants;

public sealed class ManifestTests
{
    [Fact]
    public void An_entry_names_its_patch_its_detectors_and_what_hanging_means()
    {
        const string Text = """
            [{
              "name": "no-wait", "obligation": "O1", "breaks": "Nothing waits.", "attempts": 3, "hangSeconds": 9,
              "detectors": ["Quiescent.Tests EngineTests.It_waits", "quiescent litmus --test store-buffer", "verification/codegen/run arm64"]
            }]
            """;
        Mutant mutant = Assert.Single(Manifest.Parse(Text));
        Assert.Equal("no-wait.patch", mutant.Patch);
        Assert.Equal((3, TimeSpan.FromSeconds(9)), (mutant.Attempts, mutant.HangsAfter));
        Assert.Equal(
            ["tests/Quiescent.Tests", "tools/quiescent", null],
            mutant.Detectors.Select(detector => detector.Project));
        Assert.Equal(
            ["tests/Quiescent.Tests/bin/Release/net10.0/Quiescent.Tests", "tools/quiescent/bin/Release/net10.0/Quiescent.Tool", "verification/codegen/run"],
            mutant.Detectors.Select(detector => detector.Program));
        Assert.Equal(["-method", "*.EngineTests.It_waits", "-noLogo", "-noColor"], mutant.Detectors[0].Arguments);
        Assert.Equal(["litmus", "--test", "store-buffer"], mutant.Detectors[1].Arguments);
        Assert.Equal(["arm64"], mutant.Detectors[2].Arguments);
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("""[{ "name": "a" }]""")]
    [InlineData("""[{ "name": "a", "obligation": "O1", "breaks": "b", "detectors": [] }]""")]
    [InlineData("""[{ "name": "a", "obligation": "O1", "breaks": "b", "detectors": ["something else"] }]""")]
    [InlineData("""[{ "name": "a", "obligation": "O1", "breaks": "b", "detectors": ["quiescent"] }]""")]
    [InlineData("""[{ "name": "a", "obligation": "O1", "breaks": "b", "detectors": ["./x"], "attempts": 0 }]""")]
    [InlineData("""[{ "name": "a", "obligation": "O1", "breaks": "b", "detectors": ["./x"], "unknown": 1 }]""")]
    [InlineData("""
        [{ "name": "a", "obligation": "O1", "breaks": "b", "detectors": ["./x"] },
         { "name": "a", "obligation": "O1", "breaks": "b", "detectors": ["./x"] }]
        """)]
    public void What_makes_no_sense_is_refused(string text) =>
        Assert.Throws<ManifestException>(() => Manifest.Parse(text));

    // The list that is shipped: every patch is listed, changes the sources alone, and still fits them.
    [Fact]
    public async Task Every_patch_in_the_tree_is_listed_and_applies()
    {
        string tree = Trees.Own();
        IReadOnlyList<Mutant> mutants = Manifest.Read(tree);
        IEnumerable<string?> patches = Directory.GetFiles(Path.Combine(tree, Manifest.Folder), "*.patch").Select(Path.GetFileName);
        Assert.Equal(patches.Order(), mutants.Select(mutant => mutant.Patch).Order());
        foreach (Mutant mutant in mutants)
        {
            ChildResult result = await Child.Run(
                tree,
                "git",
                ["apply", "--check", $"{Manifest.Folder}/{mutant.Patch}"],
                TimeSpan.FromMinutes(1),
                TestContext.Current.CancellationToken);
            Assert.True(result.ExitCode == 0, $"{mutant.Patch}: {result.Output}");
        }
    }
}
