using Microsoft.CodeAnalysis;
using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Rooms;

/// <summary>The rooms of src/Quiescent point downward.</summary>
public sealed class RoomTests
{
    // The generator of LibraryImport does not run here.
    private const string NoImplementation = "CS8795";

    [Fact]
    public void The_sources_compile_so_that_each_name_is_looked_up() => Assert.DoesNotContain(
        Library.Quiescent.GetDiagnostics(TestContext.Current.CancellationToken),
        finding => finding.Severity == DiagnosticSeverity.Error && finding.Id != NoImplementation);

    [Fact]
    public void Each_folder_is_a_room_and_each_type_stands_in_one() =>
        Assert.Empty(RoomCheck.Misplaced(Library.Quiescent));

    [Fact]
    public void Each_room_uses_itself_and_those_below_it()
    {
        IReadOnlyList<RoomUse> uses = RoomCheck.Uses(Library.Quiescent);
        Assert.True(RoomCheck.Upward(uses).Count == 0, RoomReport.Of(uses));
    }

    [Theory]
    [InlineData("void M(Upper y) { }", "class Upper { }")]
    [InlineData("Upper M() => null!;", "class Upper { }")]
    [InlineData("void M() => Upper.Run();", "static class Upper { public static void Run() { } }")]
    [InlineData("void M() => 1.Run();", "static class Upper { public static void Run(this int number) { } }")]
    [InlineData("string M() => nameof(Upper);", "class Upper { }")]
    [InlineData("Upper<int> M() => null!;", "class Upper<T> { }")]
    [InlineData("int M() => (int)Upper.Kind.One;", "class Upper { public enum Kind { One } }")]
    [InlineData("[Upper] void M() { }", "class UpperAttribute : Attribute { }")]
    [InlineData("class Inner : Upper { }", "class Upper { }")]
    [InlineData("event Upper Raised = null!;", "delegate void Upper();")]
    public void A_use_of_a_room_above_is_reported(string member, string upper)
    {
        RoomUse use = Assert.Single(Upward(Lower(member), ("src/Quiescent/Queues/Upper.cs", upper)));
        string name = upper.Contains("UpperAttribute", StringComparison.Ordinal) ? "UpperAttribute" : "Upper";
        Assert.Equal($"src/Quiescent/Memory/Lower.cs(2): uses {name} of room Queues", use.ToString());
        Assert.Equal("Lower", use.User);
    }

    [Fact]
    public void A_member_is_a_use_of_its_type_although_nothing_names_that() => Assert.Equal(
        ["src/Quiescent/Memory/Lower.cs(2): uses Upper of room Queues"],
        Upward(
            Lower("void M() => Face.Made.Run();"),
            ("src/Quiescent/Face.cs", "static class Face { public static Upper Made = new(); }"),
            ("src/Quiescent/Queues/Upper.cs", "class Upper { public void Run() { } }"))
            .Where(use => use.Used == "Upper")
            .Select(use => use.ToString()));

    [Theory]
    [InlineData("Memory", "Queues", true)]
    [InlineData("Queues", "Memory", false)]
    [InlineData("Memory", "Validate", true)]
    [InlineData("Ordering", "Memory", true)]
    [InlineData("Reclamation", "Pools", true)]
    [InlineData("Pools", "Reclamation", false)]
    [InlineData("Pools", "Modules", true)]
    [InlineData("Diagnostics", "Resources", true)]
    public void A_room_uses_those_below_it(string from, string to, bool isUpward) => Assert.Equal(
        isUpward,
        Upward(
            ($"src/Quiescent/{from}/A.cs", "class A : B { }"), ($"src/Quiescent/{to}/B.cs", "class B { }")).Count > 0);

    [Fact]
    public void The_faces_use_all_rooms_and_no_room_uses_them()
    {
        (string, string) face = ("src/Quiescent/Face.cs", "class Face { Inner inner; }");
        Assert.Empty(Upward(face, ("src/Quiescent/Pools/Inner.cs", "class Inner { }")));
        Assert.Equal(
            "src/Quiescent/Pools/Inner.cs(1): uses Face of room the root",
            Assert.Single(Upward(face, ("src/Quiescent/Pools/Inner.cs", "class Inner { Face face; }"))).ToString());
    }

    [Theory]
    [InlineData("/// <summary>As <see cref=\"Upper\"/>.</summary>\nvoid M() { }")]
    [InlineData("// Upper\nstring M() => \"Upper\";")]
    [InlineData("void M() { int Upper = 1; _ = Upper; }")]
    public void Text_that_is_no_code_or_another_s_name_is_not_reported(string member) =>
        Assert.Empty(Upward(Lower(member), ("src/Quiescent/Queues/Upper.cs", "class Upper { }")));

    [Fact]
    public void The_report_has_each_use_and_line_of_the_type_itself() => Assert.Equal(
        """
        2 uses point upward.

        Upper of Queues: used on 2 lines in Memory
            it uses Readers/Slot
            src/Quiescent/Memory/Lower.cs(2, 3): uses Upper of room Queues
        """,
        RoomReport.Of(RoomCheck.Uses(Library.Compile(
            [
                Lower("Upper one;\nUpper two;"),
                ("src/Quiescent/Queues/Upper.cs", "class Upper { Slot slot; }"),
                ("src/Quiescent/Readers/Slot.cs", "class Slot { }"),
            ]))));

    [Fact]
    public void A_folder_that_is_no_room_and_a_type_in_two_rooms_are_reported() => Assert.Equal(
        [
            "C stands in several rooms: Memory, Queues",
            "src/Quiescent/Attic/D.cs: Attic is no room",
        ],
        RoomCheck.Misplaced(Library.Compile(
            [
                ("src/Quiescent/Memory/C.cs", "partial class C { }"),
                ("src/Quiescent/Queues/C.cs", "partial class C { }"),
                ("src/Quiescent/Attic/D.cs", "class D { }"),
            ])));

    private static (string, string) Lower(string member) =>
        ("src/Quiescent/Memory/Lower.cs", $"class Lower {{\n{member}\n}}");

    private static IReadOnlyList<RoomUse> Upward(params IEnumerable<(string, string)> files) =>
        RoomCheck.Upward(RoomCheck.Uses(Library.Compile(files)));
}
