using Quiescent.Claims.Footprint;
using Quiescent.Claims.Subjects;

namespace Quiescent.Tool.Tests.Claims;

public sealed class CounterTests
{
    private const string Counted = """
        648482760,,instructions:u,812345678,100.00,,
        10616179,,L1-icache-load-misses:u,812345678,100.00,,
        10284274,,branch-misses:u,812345678,100.00,1.58,of all branches

        """;

    private const string Simulated = """
        ==10687== Command: program count
        ==10687==
        ==10687== I   refs:      648,482,760
        ==10687== I1  misses:     10,616,179
        ==10687== LLi misses:         43,455
        ==10687== Branches:       81,241,277  ( 74,383,119 cond +  6,858,158 ind)
        ==10687== Mispredicts:    10,284,274  (  7,283,848 cond +   3,000,426 ind)

        """;

    private static readonly Counts s_expected = new(648_482_760, 10_616_179, 10_284_274);

    [Fact]
    public void The_processors_counters_are_read() => Assert.Equal(s_expected, new Counter.PerfStat().Parse(Counted));

    // Where only user space may be counted, perf leaves the modifier of an event out, or not, by version.
    [Fact]
    public void The_processors_counters_are_read_without_their_modifier() =>
        Assert.Equal(s_expected, new Counter.PerfStat().Parse(Counted.Replace(":u,", ",", StringComparison.Ordinal)));

    [Theory]
    [InlineData("10284274,,branch", "<not supported>,,branch")]
    [InlineData("648482760,,instr", "<not counted>,,instr")]
    [InlineData("L1-icache-load-misses", "L1-dcache-load-misses")]
    public void A_counter_that_the_machine_lacks_is_not_taken_for_zero(string counted, string said) =>
        Assert.Null(new Counter.PerfStat().Parse(Counted.Replace(counted, said, StringComparison.Ordinal)));

    [Fact]
    public void Simulated_counts_are_read() => Assert.Equal(s_expected, new Counter.Cachegrind().Parse(Simulated));

    [Fact]
    public void A_simulation_that_did_not_come_to_its_end_counts_nothing() =>
        Assert.Null(new Counter.Cachegrind().Parse(Simulated[..Simulated.IndexOf("I1", StringComparison.Ordinal)]));

    [Fact]
    public void Counts_per_block_leave_out_what_the_program_does_without_blocks() =>
        Assert.Equal(new Counts(10, 2, 0.5), new Counts(1_100, 250, 60).PerBlock(new Counts(100, 50, 10), 100));

    [Fact]
    public void A_tool_that_is_not_installed_is_said_to_be() =>
        Assert.Contains(
            "is not installed",
            Assert.Throws<ChildException>(() => Child.Run("quiescent-no-such-program", [])).Message,
            StringComparison.Ordinal);
}
