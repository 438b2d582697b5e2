using Quiescent.Readers;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.GracePeriods;

// O4 (wrap-around is harmless): sequences have 48 bits and are compared by signed difference, so that both the wrap to
// zero and the change of sign half-way are like any other step. A domain gets there after that many grace periods; here
// the test sets its words.
public sealed unsafe class WrapTests
{
    private const ulong Wrap = (1UL << 48) - 3;
    private const ulong Half = (1UL << 47) - 3;

    [Theory]
    [InlineData(Wrap)]
    [InlineData(Half)]
    public void The_engine_steps_across_the_wrap_like_anywhere_else(ulong sequence)
    {
        using BareEngine bare = new(sequence);
        ReaderSlot* slot = bare.AddReader();
        for (int i = 0; i < 8; i++)
        {
            bare.Enter(slot);
            ulong target = bare.Engine.NextTarget();
            Assert.False(bare.Engine.HasCompleted(target));
            Assert.False(bare.Engine.TryAdvance(target));
            bare.Exit(slot);
            Assert.True(bare.Engine.TryAdvance(target));
            Assert.True(bare.Engine.HasCompleted(target));
            Assert.True(bare.Engine.HasCompleted(target - (SectionWord.SequenceStep * 4)));
        }

        Assert.Equal(8, bare.Engine.Read().Completed);
    }

    [Theory]
    [InlineData(Wrap)]
    [InlineData(Half)]
    public void A_section_from_before_the_wrap_is_waited_for_after_it(ulong sequence)
    {
        using BareEngine bare = new(sequence + 2);
        ReaderSlot* old = bare.AddReader();
        bare.Enter(old);
        ulong target = bare.Engine.NextTarget();
        Assert.False(bare.Engine.TryAdvance(target));
        ReaderSlot* young = bare.AddReader();
        bare.Enter(young);
        Assert.False(bare.Engine.TryAdvance(target));
        bare.Exit(old);
        Assert.True(bare.Engine.TryAdvance(target));
    }

    [Theory]
    [InlineData(Wrap, ReadSideBarrier.Asymmetric)]
    [InlineData(Wrap, ReadSideBarrier.Full)]
    [InlineData(Half, ReadSideBarrier.Asymmetric)]
    [InlineData(Half, ReadSideBarrier.Full)]
    public void Sections_cookies_and_readers_of_all_kinds_cross_the_wrap(ulong sequence, ReadSideBarrier readSide)
    {
        using RcuDomain domain = Domains.New(readSide);
        Set(domain, sequence);
        Worker.Run(() =>
        {
            using RcuReader reader = domain.RegisterReader();
            for (int i = 0; i < 6; i++)
            {
                GracePeriodState state = domain.GetState();
                Assert.False(domain.Poll(state));
                SynchronizeFromInside(domain, in reader, state).Join();
                Assert.True(domain.Poll(state));
                reader.GoOnline();
                using (Worker synchronizer = Progress.StartSynchronize(domain))
                {
                    reader.QuiescentState();
                }

                reader.GoOffline();
            }
        });
    }

    [Theory]
    [InlineData(Wrap)]
    [InlineData(Half)]
    public void Requests_are_met_across_the_wrap(ulong sequence)
    {
        using RcuDomain domain = Domains.New(ReadSideBarrier.Full);
        Set(domain, sequence);
        for (int i = 0; i < 6; i++)
        {
            GracePeriodState state = domain.StartPoll();
            Until.True(() => domain.Poll(state) && IsIdle(domain));
        }

        Assert.InRange(domain.GetStatistics().GracePeriodsStarted, 6, 100);
    }

    // The last request that the reclaimer remembers must not turn into the future half-way round, when only Synchronize
    // was called since. If it does, grace periods run without end: the test sets the words back at its end, so that the
    // thread does not run on.
    [Fact]
    public void A_request_from_half_the_range_ago_is_not_taken_for_one_from_the_future()
    {
        RcuDomain domain = Domains.New(ReadSideBarrier.Full);
        try
        {
            GracePeriodState first = domain.StartPoll();
            Until.True(() => domain.Poll(first) && IsIdle(domain));

            Set(domain, Half + 6);
            GracePeriodState state = domain.StartPoll();
            bool isSeenTo = SpinWait.SpinUntil(() => domain.Poll(state) && IsIdle(domain), TimeSpan.FromSeconds(5));
            Assert.True(isSeenTo, $"Passed: {domain.Poll(state)}, the reclaimer rests: {IsIdle(domain)}.");
        }
        finally
        {
            SpinWait.SpinUntil(
                () =>
                {
                    Set(domain, 2);
                    return IsIdle(domain);
                },
                TimeSpan.FromSeconds(5));
            domain.Dispose();
        }
    }

    private static Worker SynchronizeFromInside(
        RcuDomain domain, scoped ref readonly RcuReader reader, GracePeriodState state)
    {
        using (reader.ReadLock())
        {
            Worker synchronizer = Progress.StartSynchronize(domain);
            Assert.False(synchronizer.HasEnded);
            Assert.False(domain.Poll(state));
            return synchronizer;
        }
    }

    private static void Set(RcuDomain domain, ulong sequence)
    {
        domain.Core.State->Started = (sequence << SectionWord.SequenceShift) | 1;
        domain.Core.State->Completed = sequence << SectionWord.SequenceShift;
    }

    private static bool IsIdle(RcuDomain domain) =>
        (Volatile.Read(ref domain.Core.State->AppendFlags) & AppendFlags.Idle) != 0;
}
