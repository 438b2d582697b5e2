using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads;
using Quiescent.Scale.Workloads.Resources;

namespace Quiescent.Tool.Tests.Scale.Workloads;

public sealed class ResourceUseTests
{
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(1);

    // Each checks what it has read, or counts what it has disposed of.
    [Fact]
    public void Every_contestant_reads_the_bytes_that_are_there() =>
        Assert.All(
            from contest in ResourceUses.Contests() from contestant in contest.Contestants select contestant,
            contestant => Assert.True(contestant.Measure(s_turn).Value > 0));

    [Fact]
    public void A_contestant_that_reads_other_bytes_has_failed_and_measured_nothing()
    {
        Contestant blind = UseTurn.Of<Blind, Called>("blind", Side.Managed, threads: 1);
        Assert.Throws<InvalidOperationException>(() => blind.Measure(s_turn));
    }

    [Fact]
    public void A_contestant_that_does_not_dispose_of_what_it_replaced_has_failed()
    {
        Contestant forgetful = Replacements.Of<Forgetful>("forgetful", Side.Managed);
        Assert.Throws<InvalidOperationException>(() => forgetful.Measure(s_turn));
    }

    [Fact]
    public void Both_loops_use_the_resource_once_for_each_offset()
    {
        Counting inlined = new(), called = new();
        inlined.Batch<Inlined>(Pattern.Offsets);
        called.Batch<Called>(Pattern.Offsets);
        Assert.Equal(Pattern.Offsets.Length, inlined.Uses);
        Assert.Equal(Pattern.Offsets.Length, called.Uses);
    }

    [Fact]
    public void Every_target_is_of_a_contestant() =>
        Assert.All(ResourceUses.Contests(), contest =>
        {
            string[] names = [.. contest.Contestants.Select(contestant => contestant.Name)];
            Assert.Distinct(names);
            Assert.All(contest.Targets, target => Assert.Contains(target.Contestant, names));
            Assert.All(contest.Targets, target => Assert.Contains(target.Peer, names));
        });

    private sealed class Blind : IShared
    {
        public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
            where TLoop : struct, ILoop => TLoop.Run(new Zero(), offsets);

        public void Dispose()
        {
        }

        private readonly struct Zero : IUse
        {
            public long Once(int offset) => 0;
        }
    }

    private sealed class Counting : IShared
    {
        public int Uses { get; private set; }

        public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
            where TLoop : struct, ILoop => TLoop.Run(new One(this), offsets);

        public void Dispose()
        {
        }

        private readonly struct One(Counting counting) : IUse
        {
            public long Once(int offset) => counting.Uses++;
        }
    }

    private sealed class Forgetful : IReplacing
    {
        public void Replace(Disposed value)
        {
        }

        public void Dispose()
        {
        }
    }
}
