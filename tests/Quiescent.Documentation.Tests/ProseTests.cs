using Quiescent.Documentation.Tests.Markdown;
using Quiescent.Documentation.Tests.Prose;

namespace Quiescent.Documentation.Tests;

/// <summary>Pages stay true and readable. Each rule is shown a page that breaks it.</summary>
public sealed class ProseTests
{
    private const string Glossary = "docs/glossary.md";
    private const string Routes = "routes-ipv4-2026-06-17.csv.gz";

    private static readonly HashSet<string> s_sourceFiles = [.. Sources.Files.Select(path => path.Split('/')[^1])];

    public static TheoryData<string> Pages => [.. WorkingTree.Pages];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Lines_end_at_120_columns_except_table_rows_single_words_and_output(string path) =>
        Assert.Empty(PageRules.LongLines(path, Sources.Read(path)));

    [Fact]
    public void No_file_refers_to_a_document_that_its_reader_does_not_have() => Assert.Empty(Sources.Files
        .Where(path => !path.StartsWith("tests/Quiescent.Documentation.Tests/", StringComparison.Ordinal))
        .SelectMany(path => PageRules.MissingDocuments(path, Sources.Read(path))));

    [Theory]
    [MemberData(nameof(Pages))]
    public void No_page_states_how_many_mutants_twins_checks_or_models_there_are(string path) =>
        Assert.Empty(PageRules.StatedCounts(path, Sources.Read(path)));

    [Fact]
    public void Each_number_of_prefixes_is_that_of_the_sample_s_data()
    {
        string prefixes = Sources.CountPrefixes(Routes);
        Assert.Empty(
            WorkingTree.Pages.SelectMany(path => PageRules.WrongPrefixCounts(path, Sources.Read(path), prefixes)));
        Assert.Contains(
            $"{prefixes} prefixes", PageText.Sentences(Sources.Read("README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_readme_has_at_most_650_words_and_12_table_rows()
    {
        string readme = Sources.Read("README.md");
        Assert.InRange(PageText.CountWords(readme), 1, 650);
        Assert.InRange(PageText.CountTableRows(readme), 0, 12);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_glossary_has_each_obligation_and_fence_that_a_page_names(string path) =>
        Assert.Empty(PageRules.Terms(Sources.Read(path)).Except(PageRules.Defined(Sources.Read(Glossary)).Keys));

    [Fact]
    public void The_file_that_the_glossary_gives_for_a_fence_has_that_fence() => Assert.All(
        PageRules.Defined(Sources.Read(Glossary)).Where(entry => entry.Key.StartsWith('[')),
        entry =>
        {
            string? path = Sources.FindInLibrary(entry.Value.Trim('`'));
            Assert.True(path is not null, $"{Glossary}: fence {entry.Key}: there is no file {entry.Value}.");
            Assert.Contains(entry.Key, File.ReadAllText(path), StringComparison.Ordinal);
        });

    [Fact]
    public void Each_inner_word_of_the_glossary_is_a_name_in_the_library() => Assert.DoesNotContain(
        PageRules.DefinedNames(Sources.Read(Glossary)), name => !Sources.IsNameInLibrary(name));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Each_source_file_that_a_page_of_docs_names_is_there(string path) => Assert.Empty(
        path.StartsWith("docs/", StringComparison.Ordinal)
            ? PageRules.SourceFiles(Sources.Read(path)).Where(name => !s_sourceFiles.Contains(name))
            : []);

    [Fact]
    public void The_life_of_a_block_takes_at_most_15_files_and_12_concepts()
    {
        string life = PageRules.Part(Sources.Read("docs/architecture.md"), "The life of a block");
        Assert.InRange(PageRules.SourceFiles(life).Count(), 8, 15);
        Assert.InRange(PageRules.BoldTerms(life).Count(), 8, 12);
    }

    [Fact]
    public void The_glossary_has_all_eleven_obligations() => Assert.Empty(
        Enumerable.Range(1, 11).Select(number => $"O{number}").Except(PageRules.Defined(Sources.Read(Glossary)).Keys));

    [Fact]
    public void Agents_are_sent_to_the_page_for_contributors() =>
        Assert.Contains(WorkingTree.Read("AGENTS.md").Links, link => link.Target == "CONTRIBUTING.md");

    // The broken twins.

    [Fact]
    public void A_long_line_is_found_in_prose_code_and_comments_alone()
    {
        string words = string.Join(' ', Enumerable.Repeat("word", 30));
        string page = $"{words}\n\n| {words} |\n| --- |\n\n```csharp\n// {words}\n```\n"
            + $"```text\n{words}\n```\n<!-- {words} -->\n\n"
            + $"[{new string('x', 130)}](y)\n- {new string('x', 130)}\n";
        Assert.Equal(["p:1: 149 columns", "p:7: 152 columns", "p:12: 158 columns"], PageRules.LongLines("p", page));
    }

    [Theory]
    [InlineData("The design has a queue linked forwards.")]
    [InlineData("The obligations O1 to O11 of the design stand here.")]
    [InlineData("See DESIGN.md.")]
    [InlineData("As issue 5 asks.")]
    public void A_document_that_the_reader_does_not_have_is_found(string line) =>
        Assert.Single(PageRules.MissingDocuments("p", $"A line.\n{line}\n"));

    [Theory]
    [InlineData("Open an issue. The dotnet/runtime issue is closed.")]
    [InlineData("Design decisions stand in docs/decisions.")]
    public void A_document_that_the_reader_has_is_not_found(string line) =>
        Assert.Empty(PageRules.MissingDocuments("p", line));

    [Theory]
    [InlineData("All 130 take about half an hour.")]
    [InlineData("It patches the sources in some 170\nplaces.")]
    [InlineData("170 mutants")]
    [InlineData("eleven twins, each fails")]
    [InlineData("115 checks")]
    [InlineData("seven hundred mutants")]
    public void A_count_that_would_go_stale_is_found(string text) => Assert.Single(PageRules.StatedCounts("p", text));

    [Theory]
    [InlineData("Each mutant has a detector; two checks run at once.")]
    [InlineData("60 seconds by default")]
    public void Other_numbers_are_not(string text) => Assert.Empty(PageRules.StatedCounts("p", text));

    [Fact]
    public void A_number_of_prefixes_that_is_not_the_data_s_is_found() =>
        Assert.Single(
            PageRules.WrongPrefixCounts("p", "the whole table (564,580 prefixes), and 564,579 prefixes", "564,579"));

    [Fact]
    public void Words_and_rows_are_counted_without_code_comments_and_heads()
    {
        const string Page = "One two — three.\n\n"
            + "| four | five |\n| --- | ---: |\n| six | seven |\n| eight | `nine` |\n\n"
            + "```sh\nno no\n```\n<!-- no -->\n";
        Assert.Equal(9, PageText.CountWords(Page));
        Assert.Equal(2, PageText.CountTableRows(Page));
    }

    [Fact]
    public void Obligations_and_fences_are_found_however_they_are_named() => Assert.Equal(
        ["O12", "P9", "[Z]", "[X]", "[Y]"],
        PageRules.Terms("O12 and `O13`, P9, fence [Z], [link](page.md), `[W]`; fences X and Y").ToArray());

    [Fact]
    public void A_definition_gives_the_last_cell_of_its_row()
    {
        IReadOnlyDictionary<string, string> defined =
            PageRules.Defined("| O1 | a | b |\n| [A] | what | `Section.cs` |\n| word | O2 | c |\n");
        Assert.Equal(["O1", "[A]"], defined.Keys);
        Assert.Equal("`Section.cs`", defined["[A]"]);
    }

    [Fact]
    public void Names_files_and_concepts_are_found()
    {
        const string Page = "# P\n\n## One\n\n"
            + "1. **Append.** `Reclamation/Page.cs`, `BlockPool.Books.cs`; "
            + "the **append**, a **page**.\n\n## Two\n`X.cs`\n";
        string part = PageRules.Part(Page, "One");
        Assert.Equal(["Page.cs", "BlockPool.Books.cs"], PageRules.SourceFiles(part));
        Assert.Equal(["Append", "page"], PageRules.BoldTerms(part));
        Assert.Equal(["Backlog", "NoSuchName"], PageRules.DefinedNames("| a (`Backlog`, `NoSuchName`) | `Other` |\n"));
        Assert.True(Sources.IsNameInLibrary("Backlog"));
        Assert.False(Sources.IsNameInLibrary("NoSuchName"));
        Assert.Throws<FormatException>(() => PageRules.Part(Page, "Three"));
    }
}
