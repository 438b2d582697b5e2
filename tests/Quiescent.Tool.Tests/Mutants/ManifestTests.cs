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
              "detectors": [
                "Quiescent.Tests EngineTests.It_waits",
                "quiescent litmus --test store-buffer",
                "verification/codegen/run arm64"
              ]
            }]
            """;
        Mutant mutant = Assert.Single(Manifest.Parse(Text));
        Assert.Equal("no-wait.patch", Assert.IsType<PatchChange>(mutant.Change).Patch);
        Assert.Equal((3, TimeSpan.FromSeconds(9)), (mutant.Attempts, mutant.HangsAfter));
        Assert.Equal(
            ["tests/Quiescent.Tests", "tools/quiescent", null],
            mutant.Detectors.Select(detector => detector.Project));
        Assert.Equal(
            [
                "tests/Quiescent.Tests/bin/Release/net10.0/Quiescent.Tests",
                "tools/quiescent/bin/Release/net10.0/Quiescent.Tool",
                "verification/codegen/run",
            ],
            mutant.Detectors.Select(detector => detector.Program));
        Assert.Equal(["-method", "*.EngineTests.It_waits", "-noLogo", "-noColor"], mutant.Detectors[0].Arguments);
        Assert.Equal(["litmus", "--test", "store-buffer"], mutant.Detectors[1].Arguments);
        Assert.Equal(["arm64"], mutant.Detectors[2].Arguments);
    }

    [Fact]
    public void An_entry_may_carry_its_change_whose_texts_are_strings_or_arrays_of_lines()
    {
        const string Text = """
            [{
              "name": "no-wait", "obligation": "O1", "breaks": "Nothing waits.", "detectors": ["./x"],
              "file": "src/Quiescent/Rcu.cs", "member": "Rcu.Synchronize",
              "find": "Wait();\nLook();", "replace": ["Look();", "Wait();"]
            }]
            """;
        SourceEdit edit = Assert.IsType<EditChange>(Assert.Single(Manifest.Parse(Text)).Change).Edit;
        Assert.Equal(("src/Quiescent/Rcu.cs", "Rcu.Synchronize"), (edit.File, edit.Member));
        Assert.Equal((string[])["Wait();", "Look();"], edit.Find);
        Assert.Equal((string[])["Look();", "Wait();"], edit.Replace);
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("""
        [{ "name": "a", "obligation": "O1", "breaks": "b", "detectors": ["./x"], "file": "src/Quiescent/A.cs" }]
        """)]
    [InlineData("""
        [{ "name": "a", "obligation": "O1", "breaks": "b", "detectors": ["./x"],
           "file": "tests/A.cs", "member": "A.B", "find": "c", "replace": "d" }]
        """)]
    [InlineData("""
        [{ "name": "a", "obligation": "O1", "breaks": "b", "detectors": ["./x"],
           "file": "src/Quiescent/A.cs", "member": "A.B", "find": " ", "replace": "d" }]
        """)]
    [InlineData("""
        [{ "name": "a", "obligation": "O1", "breaks": "b", "detectors": ["./x"],
           "file": "src/Quiescent/A.cs", "member": "A.B", "find": 1, "replace": "d" }]
        """)]
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
    public void A_manifest_that_makes_no_sense_is_refused(string text) =>
        Assert.Throws<ManifestException>(() => Manifest.Parse(text));
}
