using Quiescent.Documentation.Tests.Markdown;
using Quiescent.Documentation.Tests.Snippets;

namespace Quiescent.Documentation.Tests;

/// <summary>Wrong pages are found. Each has one thing wrong with it.</summary>
public sealed class HarnessTests : IDisposable
{
    private readonly SnippetCheck _check = new();

    public void Dispose() => _check.Dispose();

    [Fact]
    public void Right_code_is_not_reported() => Assert.Empty(Faults(
        """
        A line.

        <!-- snippet: setup twice -->
        ```csharp
        static class Twice
        {
            public static int Of(int value) => value * 2;
        }
        ```

        <!-- snippet: uses twice -->
        ```csharp
        Console.WriteLine(Twice.Of(21));
        ```

        ```text
        42
        ```

        <!-- snippet: continues -->
        ```csharp
        using Quiescent;

        Console.WriteLine($"{Rcu.GetStatistics().BlocksQueued} queued at {DateTime.Now}");
        ```
        ```text
        0 queued at …
        ```

        <!-- snippet: unsafe -->
        ```csharp
        int number = 0;
        int* pointer = &number;
        ```

        <!-- snippet: fails CS0029 CS0103 -->
        ```csharp
        int number = "one";
        number = another;
        ```

        <!-- snippet: throws InvalidOperationException -->
        ```csharp
        throw new InvalidOperationException("as it should");
        ```
        ```text
        Unhandled exception. System.InvalidOperationException: as it should
        ```
        """));

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("int number = \"one\";", "page.md:2: the snippet does not compile.\npage.md:2: error CS0029")]
    [InlineData("static int Unused() => 1;", "does not compile.\npage.md:2: error CS8321")]
    [InlineData("string text = null;\nConsole.Write(text);", "does not compile.\npage.md:2: error CS8600")]
    [InlineData("Console.Write(1);\n}", "does not compile.\npage.md:3: error CS1022")]
    [InlineData("int number = 1;\nint* pointer = &number;", "does not compile.\npage.md:3: error CS0214")]
    [InlineData("throw new ArgumentException(\"why\");", "ends with exit code")]
    [InlineData("Environment.Exit(3);", "ends with exit code 3")]
    [InlineData("Console.WriteLine(1);", "has another output than the page shows.\n1")]
    [InlineData("Console.Error.WriteLine(1);", "has another output than the page shows.\n1")]
    public void A_program_that_is_wrong_is_reported(string code, string report) =>
        Assert.Contains(report, Assert.Single(Faults($"```csharp\n{code}\n```")), StringComparison.Ordinal);

    [Theory]
    [InlineData("2")]
    [InlineData("1 …")]
    [InlineData("1\n2")]
    [InlineData("(?:1)")]
    public void Another_output_than_the_one_shown_is_reported(string shown) => Assert.Contains(
        "has another output",
        Assert.Single(Faults($"```csharp\nConsole.WriteLine(1);\n```\n\n```text\n{shown}\n```")),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("fails CS0029", "int number = 1;")]
    [InlineData("fails CS0029", "number = 1;")]
    [InlineData("fails CS0029", "int number = \"one\"; number = another;")]
    [InlineData("fails CS0029 CS0103", "int number = \"one\";")]
    public void Other_errors_than_those_named_are_reported(string marks, string code) => Assert.Contains(
        "draws other errors",
        Assert.Single(Faults($"<!-- snippet: {marks} -->\n```csharp\n{code}\n```")),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("GC.Collect();")]
    [InlineData("throw new ArgumentNullException();")]
    [InlineData("Environment.Exit(134);")]
    public void Another_end_than_the_exception_named_is_reported(string code) => Assert.Contains(
        "does not end with ArgumentException",
        Assert.Single(Faults($"<!-- snippet: throws ArgumentException -->\n```csharp\n{code}\n```")),
        StringComparison.Ordinal);

    [Fact]
    public void Another_message_than_the_one_shown_is_reported() => Assert.Contains(
        "has another output",
        Assert.Single(Faults(
            """
            <!-- snippet: throws ArgumentException -->
            ```csharp
            throw new ArgumentException("one");
            ```
            ```text
            Unhandled exception. System.ArgumentException: another
            ```
            """)),
        StringComparison.Ordinal);

    [Fact]
    [Trait("Category", "Slow")]
    public void A_program_that_does_not_end_is_reported()
    {
        using SnippetCheck impatient = new() { Bound = TimeSpan.FromSeconds(2) };
        Snippet endless =
            Assert.Single(SnippetReader.Read(Page.Parse("page.md", "```csharp\nThread.Sleep(-1);\n```")).Snippets);
        Assert.Contains("does not end", impatient.Find(endless), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("```cs\nvar escaped = 1;\n```", "a block in 'cs'")]
    [InlineData("```C#\nvar escaped = 1;\n```", "a block in 'C#'")]
    [InlineData("```csharp\nvar endless = 1;", "does not end")]
    [InlineData("<!-- snippet: ignore -->\n```csharp\n\n```", "says nothing about a snippet")]
    [InlineData("<!-- snippet: fails -->\n```csharp\n\n```", "says nothing about a snippet")]
    [InlineData("<!-- snippet: uses nothing -->\n```csharp\n\n```", "no set-up 'nothing' above")]
    [InlineData("<!-- snippet: continues -->\n```csharp\n\n```", "no block to continue")]
    [InlineData("<!-- snippet: setup unused -->\n```csharp\n\n```", "no block uses 'unused'")]
    [InlineData("<!-- snippet: setup unused\nclass Unused;\n-->", "no block uses 'unused'")]
    [InlineData("<!-- snippet: unsafe\nclass Unused;\n-->", "only a set-up")]
    [InlineData("<!-- snippet: unsafe -->\nA line.\n```csharp\n\n```", "no block of C# after it")]
    [InlineData("<!-- snippet: unsafe -->\n```text\n```", "no block of C# after it")]
    [InlineData("<!-- snippet: unsafe -->", "no block of C# after it")]
    public void A_page_that_hides_a_block_is_refused(string page, string report) =>
        Assert.Contains(report, Assert.Throws<FormatException>(() => Faults(page)).Message, StringComparison.Ordinal);

    private List<string> Faults(string page) =>
        [.. SnippetReader.Read(Page.Parse("page.md", page)).Snippets.Select(_check.Find).OfType<string>()];
}
