using RouteTable.Data;
using RouteTable.Run;
using RouteTable.Trie;

namespace RouteTable.Tests;

[Trait("Category", "Slow")]
public sealed class SessionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_over_the_real_tables_answers_right_and_loses_no_block(bool check)
    {
        var talk = new StringWriter();
        using var stop = new StopFlag();
        Options options = Options.Parse(["--seconds", "1.5", check ? "--check" : "--no-check"]);
        RunResult result =
            Session.Run(options, Tables.Older, Tables.Newer, new Progress(talk), new LiveReport(talk), stop);
        AssertGood(result);
        Assert.Equal(check, result.Checked);
        Assert.Equal(new TableResult(564_579, 530_241, 69_518, 103_856, 25_292), result.Tables);
        Assert.Contains("lookups/s", talk.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    public void So_does_a_run_over_tables_full_of_overlaps(int seed)
    {
        var random = new Random(seed);
        AssertGood(RunFor<CheckedMemory>(
            TimeSpan.FromSeconds(0.7), Tables.RandomTable(random, 400), Tables.RandomTable(random, 400)));
    }

    [Fact]
    public void Blocks_that_go_past_the_library_fail_the_run()
    {
        var random = new Random(33);
        RunResult result = RunFor<AtOnce>(
            TimeSpan.FromSeconds(0.3), Tables.RandomTable(random, 50), Tables.RandomTable(random, 50));
        Assert.False(result.Ok);
        Assert.Contains(result.Failures, failure => failure.Contains("but 0 queued", StringComparison.Ordinal));
    }

    [Fact]
    public void Blocks_that_are_never_freed_fail_the_run()
    {
        RunResult result = RunFor<Forgetful>(TimeSpan.FromSeconds(0.3), Tables.Older, Tables.Newer);
        Assert.False(result.Ok);
        Assert.True(result.Blocks.Lost > 0);
        Assert.Contains(result.Failures, failure => failure.EndsWith("are lost", StringComparison.Ordinal));
    }

    private static RunResult RunFor<TMemory>(TimeSpan duration, Announcement[] older, Announcement[] newer)
        where TMemory : struct, INodeMemory
    {
        using var stop = new StopFlag();
        using var session = new Session<TMemory, Checked>(older, newer, 2, new Progress(TextWriter.Null), stop);
        return session.Run(duration, new LiveReport(TextWriter.Null));
    }

    private static void AssertGood(RunResult result)
    {
        Assert.Empty(result.Failures);
        Assert.True(result.Ok);
        Assert.Equal(result.Checked ? 0 : null, result.Lookups.Wrong);
        Assert.Equal(0, result.Blocks.Lost);
        Assert.Equal(result.Blocks.Allocated, result.Blocks.Freed + result.Blocks.Live);
        Assert.True(result.Lookups.Count > 0);
        Assert.True(result.Updates.Count > 0);
        Assert.True(result.Blocks.Freed > 0);
    }
}
