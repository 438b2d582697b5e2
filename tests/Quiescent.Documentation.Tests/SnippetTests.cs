using Quiescent.Documentation.Tests.Markdown;
using Quiescent.Documentation.Tests.Snippets;

namespace Quiescent.Documentation.Tests;

/// <summary>Every block of C# on every page of the tree is compiled, run, and does what the page says.</summary>
[Trait("Category", "Slow")]
public sealed class SnippetTests : IDisposable
{
    private readonly SnippetCheck _check = new();

    public static TheoryData<string> Places => [.. All().Select(snippet => snippet.ToString())];

    public void Dispose() => _check.Dispose();

    [Theory]
    [MemberData(nameof(Places))]
    public void The_snippet_is_as_its_page_has_it(string place)
    {
        string? fault = _check.Find(All().Single(snippet => snippet.ToString() == place));
        Assert.True(fault is null, fault);
    }

    // Counted in another way than SnippetReader finds them.
    [Fact]
    public void No_block_escapes()
    {
        foreach (string path in WorkingTree.Pages)
        {
            string[] lines = File.ReadAllLines(Path.Combine(WorkingTree.Root, path));
            int blocks = lines.Count(
                line =>
                    line.Contains("```c", StringComparison.OrdinalIgnoreCase)
                        || line.Contains("~~~c", StringComparison.OrdinalIgnoreCase));
            SnippetReader reader = SnippetReader.Read(WorkingTree.Read(path));
            Assert.True(
                blocks == reader.Snippets.Count + reader.Setups,
                $"{path}: of {blocks} blocks {reader.Snippets.Count} are run.");
        }
    }

    [Fact]
    public void The_pages_that_matter_have_snippets()
    {
        Assert.All(
            ["README.md", "docs/guide.md", "docs/rules.md", "docs/testing.md"],
            path => Assert.NotEmpty(SnippetReader.Read(WorkingTree.Read(path)).Snippets));
    }

    private static IEnumerable<Snippet> All() =>
        WorkingTree.Pages.SelectMany(path => SnippetReader.Read(WorkingTree.Read(path)).Snippets);
}
