using Quiescent.Claims;
using Quiescent.Claims.Subject;

namespace Quiescent.Tool.Tests.Claims;

public sealed class FootprintTests
{
    private const string Report = """
        ==10687== Command: program count
        ==10687==
        ==10687== I   refs:      648,482,760
        ==10687== I1  misses:     10,616,179
        ==10687== LLi misses:         43,455
        ==10687== Branches:       81,241,277  ( 74,383,119 cond +  6,858,158 ind)
        ==10687== Mispredicts:    10,284,274  (  7,283,848 cond +   3,000,426 ind)

        """;

    [Fact]
    public void Simulated_counts_are_read() =>
        Assert.Equal([648_482_760, 10_616_179, 10_284_274], BlockFootprint.Parse(Report));

    [Fact]
    public void A_simulation_that_did_not_come_to_its_end_counts_nothing() => Assert.Throws<InvalidOperationException>(
        () => BlockFootprint.Parse(Report[..Report.IndexOf("Mispredicts", StringComparison.Ordinal)]));

    [Fact]
    public void Counts_per_block_leave_out_what_the_program_does_without_blocks()
    {
        const double Blocks = 10 * Reclaims.BlocksPerRound;
        Assert.Equal([500, 2, 0], BlockFootprint.PerBlock([500 * Blocks + 7, 2 * Blocks + 1, 3], [7, 1, 4]));
    }

    // Fault caught: the ratio of the medians, 2 here, which compares a good round of one with a bad round of the other.
    [Fact]
    public void Ratios_are_taken_within_each_round() => Assert.Equal(4, BlockFootprint.Ratio([2, 4, 50], [4, 1, 10]));
}
