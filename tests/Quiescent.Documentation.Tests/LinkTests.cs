using Quiescent.Documentation.Tests.Markdown;

namespace Quiescent.Documentation.Tests;

/// <summary>Links from page to page lead somewhere.</summary>
public sealed class LinkTests
{
    public static TheoryData<string> Pages => [.. WorkingTree.Pages];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Each_link_into_the_tree_leads_somewhere(string path) =>
        Assert.Empty(Links.Broken(WorkingTree.Read(path)));

    [Theory]
    [InlineData("correctness")]
    [InlineData("performance")]
    [InlineData("diagnostics")]
    [InlineData("testing")]
    [InlineData("guide")]
    public void The_readme_links_each_page_of_the_documentation(string page) =>
        Assert.Contains(WorkingTree.Read("README.md").Links, link => link.Target == $"docs/{page}.md");

    [Fact]
    public void The_readme_links_the_guide_before_the_other_pages() => Assert.Equal(
        "docs/guide.md",
        WorkingTree.Read("README.md").Links
            .First(link => link.Target.StartsWith("docs/", StringComparison.Ordinal)).Target);

    [Theory]
    [InlineData("[gone](gone.md)", "docs/page.md:1: gone.md")]
    [InlineData("text\n\n[gone](../gone/)", "docs/page.md:3: ../gone/")]
    [InlineData("# Here\n\n[there](#there)", "docs/page.md:3: #there")]
    [InlineData("[there](page.md#there)", "docs/page.md:1: page.md#there")]
    [InlineData("[up and out](../../LICENSE)", "docs/page.md:1: ../../LICENSE")]
    public void A_link_that_leads_nowhere_is_reported(string text, string report) =>
        Assert.Equal([report], BrokenIn(text));

    [Theory]
    [InlineData("docs/gone.md")]
    [InlineData("docs/guide.md#gone")]
    public void A_link_to_the_published_tree_that_leads_nowhere_is_reported(string path)
    {
        string link = WorkingTree.PublicAddress + path;
        Assert.Equal([$"docs/page.md:1: {link}"], BrokenIn($"[gone]({link})"));
    }

    [Fact]
    public void A_link_to_the_published_tree_that_leads_somewhere_is_not() =>
        Assert.Empty(BrokenIn($"[guide]({WorkingTree.PublicAddress}docs/guide.md#long-sections)"));

    [Theory]
    [InlineData(
        "# Here, and `there`\n\n[here](#here-and-there), [here](page.md#here-and-there) and "
        + "[there](https://example.org/gone)")]
    [InlineData("# Twice\n\n# Twice\n\n[the second](#twice-1)")]
    [InlineData("A link in code, `[gone](gone.md)`, is none.\n\n```text\n[gone](gone.md)\n```")]
    public void A_link_that_leads_somewhere_is_not(string text) => Assert.Empty(BrokenIn(text));

    private static IEnumerable<string> BrokenIn(string text) => Links.Broken(Page.Parse("docs/page.md", text));
}
