using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Asserts;

/// <summary>Each assert of the library names the obligation that it is for.</summary>
public sealed class AssertTests
{
    private static readonly Glossary s_glossary = new(
        "| O3 | unlinked before started |\n| P5 | disposal |\n| L1 | held |\n");

    [Fact]
    public void Each_assert_of_the_library_names_an_obligation() =>
        Assert.Empty(AssertCheck.WithoutObligation(Library.Quiescent, Glossary.OfTheTree));

    [Theory]
    [InlineData("Debug.Assert(a);")]
    [InlineData("Debug.Assert(a, \"a holds\");")]
    [InlineData("Debug.Assert(a, \"O4\");")]
    [InlineData("Debug.Assert(a, \"XO3\");")]
    [InlineData("Debug.Assert(a, O3);")]
    [InlineData("System.Diagnostics.Debug.Assert(a);")]
    [InlineData("Assert(a);")]
    public void An_assert_without_one_is_reported(string statement) => Assert.Equal(
        ["C.cs(3): an assert that names no obligation of the glossary"],
        WithoutObligation(statement));

    [Theory]
    [InlineData("Debug.Assert(a, \"O3\");")]
    [InlineData("Debug.Assert(a, \"O3: a target is at most one ahead of Started.\");")]
    [InlineData("Debug.Assert(a, \"P5, L1\");")]
    [InlineData("Debug.Assert(a, Cited);")]
    [InlineData("Other.Assert(a);")]
    public void An_assert_with_one_is_not(string statement) => Assert.Empty(WithoutObligation(statement));

    private static IReadOnlyList<string> WithoutObligation(string statement)
    {
        string text = $$"""
            using System.Diagnostics;
            using static System.Diagnostics.Debug;
            class C { const string Cited = "O3"; void M(bool a, string O3) { {{statement}} } }
            class Other { public static void Assert(bool a) { } }
            """;
        return AssertCheck.WithoutObligation(Library.Compile([("C.cs", text)]), s_glossary);
    }
}
