using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Fences;

/// <summary>Comments say the truth about fences and obligations.</summary>
public sealed class FenceTests
{
    private static readonly IReadOnlyList<SourceFile> s_library = SourceFile.Under("src/Quiescent", "*.cs");

    [Fact]
    public void Each_letter_stands_beside_a_fence_and_each_partner_is_where_it_should_be() =>
        Assert.Empty(FenceCheck.Broken(s_library));

    [Fact]
    public void The_glossary_has_each_fence_and_obligation_that_a_comment_names() =>
        Assert.Empty(FenceCheck.Unexplained(s_library, Glossary.OfTheTree));

    [Fact]
    public void Partners_that_name_each_other_are_not_reported() => Assert.Empty(Broken(
        """
        // O1  The announcement [A] and the barrier [B].
        Order.Release(slot, word); // [A] partner: [B] in Scan/Scan.cs; outcomes above.
        """,
        """
        Order.FenceAllThreads(); // [B] partners: [A] in Section.cs, [C] in this file and the exchange.
        // [C] partner: [B]. It stands on a line of its own.
        Order.Fence();
        """));

    [Theory]
    [InlineData("// As [Z] does.", "Section.cs(1): [Z] stands beside no fence")]
    [InlineData("// [A] partner: [B] in Gone.cs", "Section.cs(1): Gone.cs is no file, or several")]
    [InlineData("// [A] partner: [B] in Section.cs", "Section.cs(1): [B] is not in Section.cs")]
    [InlineData("// [A] partner: [C] in Scan.cs", "Section.cs(1): [C] does not name [A] as its partner")]
    [InlineData("// [A] partner: [C]", "Section.cs(1): [C] does not name [A] as its partner")]
    [InlineData("// [A] partners: [B], [C] in Scan.cs", "Section.cs(1): [C] does not name [A] as its partner")]
    [InlineData(
        "// [A] partners: [B] in Scan.cs, [C] in Scan.cs", "Section.cs(1): [C] does not name [A] as its partner")]
    public void A_comment_that_leads_nowhere_is_reported(string comment, string report) =>
        Assert.Contains(report, Broken(comment, "// [B] partner: [A]\n// [C]"));

    [Fact]
    public void A_letter_in_code_or_in_a_string_is_no_fence() =>
        Assert.Empty(Broken("object x = table[I] + \"[J]\"; [K] class Y;", "// Nothing."));

    [Fact]
    public void A_name_that_the_glossary_lacks_is_reported()
    {
        const string Source = "/// <summary>O1, O12, P8.</summary>\nclass C; // [A], [X], P99, L1\n";
        Glossary glossary = new(
            "| O1 | announced |\n| [A] | a fence |\n| L1 | held |\nAs O12, P8 and [X] say | O12 |\n");
        Assert.Equal(
            [
                "C.cs(1): O12 is not in the glossary",
                "C.cs(1): P8 is not in the glossary",
                "C.cs(2): [X] is not in the glossary",
            ],
            FenceCheck.Unexplained([new SourceFile("C.cs", Source)], glossary));
    }

    private static IReadOnlyList<string> Broken(string section, string scan) =>
        FenceCheck.Broken([new SourceFile("Section.cs", section), new SourceFile("Scan/Scan.cs", scan)]);
}
