using Quiescent.House.Tests.Sources;
using Quiescent.Shared;

namespace Quiescent.House.Tests.Models;

/// <summary>The models' heads name files and members of the libraries that exist.</summary>
public sealed class ModelTests
{
    private const string Source = """
        class Engine
        {
            public ulong Started;
            public bool IsIdle => true;
            public void Start() => Arm();
            private void Arm() { void Local() { } Gone(); }
        }
        struct Word { public bool HasReached() => true; }
        """;

    private static readonly IReadOnlyList<SourceFile> s_library =
        [.. SourceFile.Under("src/Quiescent", "*.cs"), .. SourceFile.Under("src/Quiescent.Collections", "*.cs")];

    public static TheoryData<string> Models => [.. SourceTree.Files("verification", "*.pml")];

    [Theory]
    [MemberData(nameof(Models))]
    public void Each_file_and_member_that_a_model_names_exists(string path) =>
        Assert.Empty(ModelCheck.Broken(SourceFile.Read(path), s_library));

    [Theory]
    [InlineData(
        " * Models  GracePeriods/Engine.cs  Start, Arm (with the barrier), Started,\n *     Word.HasReached\n *\n")]
    [InlineData(" * Models  Engine.cs  IsIdle;  Other.cs  Run\n *         Engine.cs  Start\n *\n * Prose, Prose.\n")]
    public void A_head_that_names_existing_members_is_not_reported(string head) => Assert.Empty(Broken(head));

    [Theory]
    [InlineData(" * Prose about Engine.cs.\n", "m.pml: names nothing that it models")]
    [InlineData(" * Models  Gone.cs  Start\n *\n", "m.pml: Gone.cs is no file, or several")]
    [InlineData(" * Models  Engine.cs  Start, Gone\n *\n", "m.pml: Engine.cs: declares no Gone")]
    [InlineData(" * Models  Engine.cs  Local\n *\n", "m.pml: Engine.cs: declares no Local")]
    [InlineData(" * Models  Engine.cs  Word.Start\n *\n", "m.pml: Engine.cs: declares no Word.Start")]
    [InlineData(" * Models  Engine.cs  Start;  Other.cs  Start\n *\n", "m.pml: Other.cs: declares no Start")]
    [InlineData(" * Models  Engine.cs  Start,\n *         Gone\n *\n", "m.pml: Engine.cs: declares no Gone")]
    [InlineData(
        " * Models  Engine.cs  Start, as far as it fences\n *\n",
        "m.pml: Engine.cs: 'as far as it fences' is not the name of a member")]
    [InlineData(" * Models  Engine.cs\n *\n", "m.pml: Engine.cs: names no member")]
    public void A_head_that_names_missing_members_is_reported(string head, string report) =>
        Assert.Equal([report], Broken(head));

    private static IReadOnlyList<string> Broken(string head) => ModelCheck.Broken(
        new SourceFile("m.pml", $"/* A model.\n *\n{head} */\n"),
        [
            new SourceFile("src/GracePeriods/Engine.cs", Source),
            new SourceFile("src/Other.cs", "class Other { void Run() { } }"),
        ]);
}
