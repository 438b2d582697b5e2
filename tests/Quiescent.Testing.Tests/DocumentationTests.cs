using System.Text.RegularExpressions;

namespace Quiescent.Testing.Tests;

// The snippets of docs/testing.md are the bodies of tests here: each is compiled and run, and none may differ from what is printed.
public sealed unsafe partial class DocumentationTests : IDisposable
{
    public void Dispose() => QuarantineHeap.Empty();

    [Fact]
    public void The_old_node_outlives_its_reader()
    {
        using RcuDomain domain = new();
        using GracePeriodStepper stepper = new(domain);
        RcuPointer<long> root = default;
        root.Assign(QuarantineHeap.New(1L));

        using ParkedReader reader = new(domain);
        long* old = root.Exchange(QuarantineHeap.New(2L));
        domain.Free<QuarantineHeap>(old);
        Assert.False(stepper.TryAdvance());      // the reader is in the way
        RcuAssert.Alive(old);

        reader.Release();
        Assert.True(stepper.AdvanceUntilIdle());
        RcuAssert.Freed(old);
    }

    [Fact]
    public void Nothing_is_lost_and_nothing_was_reported()
    {
        using RcuDomain domain = new(new RcuDomainOptions { Validate = true });
        using MisuseRecorder reports = new(domain);
        domain.Free<QuarantineHeap>(QuarantineHeap.New(1L));
        domain.Call(() => { });

        RcuAssert.BooksBalance(domain);          // waits for a barrier first
        reports.AssertNone();                    // no stall, no failed callback, no abandoned reader
        QuarantineHeap.Verify();                 // no write after a free, no double free
    }

    [Fact]
    public void A_sleepable_section_is_parked_alike()
    {
        using SrcuDomain domain = new();
        using ParkedReader reader = new(domain);
        GracePeriodState state = domain.StartPoll();
        Assert.False(domain.Poll(state));
        reader.Release();
        domain.CondSynchronize(state);
    }

    [Fact]
    public void Every_snippet_of_the_page_is_one_of_these_tests()
    {
        string page = Embedded("testing.md");
        string source = Squeeze(Embedded("DocumentationTests.cs"));
        MatchCollection snippets = Snippet().Matches(page);
        Assert.Equal(3, snippets.Count);
        foreach (Match snippet in snippets)
        {
            Assert.Contains(Squeeze(snippet.Groups[1].Value), source, StringComparison.Ordinal);
        }
    }

    private static string Embedded(string name)
    {
        using StreamReader reader = new(typeof(DocumentationTests).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static string Squeeze(string text) => Whitespace().Replace(text, " ").Trim();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex("\\s+")]
    private static partial Regex Whitespace();
}
