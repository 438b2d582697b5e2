using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.GracePeriods;

// O4 (wrap-around is harmless): the zero that is stored before the first grace period is no sequence. Half-way round it
// would lie in the future, and everything that compares with it would wait for 2^47 grace periods. A domain gets there
// after that many of them; here the test sets its words.
public sealed unsafe class StoredSequenceTests
{
    private const ulong BeyondHalf = (1UL << 47) + 1;

    // Fault caught: the reclaimer's newest target and request that start as 0, compared as if they were sequences.
    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void After_one_free_beyond_half_the_range_the_barrier_ends_and_the_reclaimer_rests(
        ReadSideBarrier readSide) =>
        InDomainBeyondHalf(readSide, domain =>
        {
            Forms.Queue(domain, Form.Headless);
            domain.Barrier();
            MustRest(domain);
            Assert.Equal(1, RcuAssert.BooksBalance(domain).BlocksFreed);
        });

    // Fault caught: as above, for items that only the reclaimer reclaims.
    [Fact]
    public void A_callback_beyond_half_the_range_runs_and_the_reclaimer_rests() =>
        InDomainBeyondHalf(ReadSideBarrier.Asymmetric, domain =>
        {
            Forms.Queue(domain, Form.Delegate);
            domain.Barrier();
            MustRest(domain);
            Assert.Equal(1, RcuAssert.BooksBalance(domain).CallbacksInvoked);
        });

    // Fault caught: a request of 0 that means both "none" and "the one in the future", which no new request replaces.
    [Fact]
    public void The_first_request_beyond_half_the_range_is_met_and_forgotten() =>
        InDomainBeyondHalf(ReadSideBarrier.Asymmetric, domain =>
        {
            GracePeriodState state = domain.StartPoll();
            Until.True(() => domain.Poll(state));
            MustRest(domain);
        });

    // Fault caught: an engine that runs grace periods under its lock until it reaches a target, however far ahead.
    [Fact]
    public void An_engine_asked_for_a_sequence_far_ahead_makes_at_most_two_grace_periods()
    {
        using BareEngine bare = new(BeyondHalf);
        try
        {
            Worker.Run(() => Assert.False(bare.Engine.TryAdvance(0)));
            Assert.InRange(bare.Engine.Read().Completed, 0, 2);
        }
        finally
        {
            bare.State->Completed = 0;
        }
    }

    // On a thread of its own, since a call that fails here does not return. Setting the words back lets a reclaimer
    // rest that would run on.
    private static void InDomainBeyondHalf(ReadSideBarrier readSide, Action<RcuDomain> body)
    {
        RcuDomain domain = Domains.New(readSide);
        Set(domain, BeyondHalf);
        try
        {
            Worker.Run(() => body(domain));
        }
        finally
        {
            SpinWait.SpinUntil(
                () =>
                {
                    Set(domain, 2);
                    return Inside.IsIdle(domain);
                },
                TimeSpan.FromSeconds(5));
        }

        domain.Dispose();
    }

    private static void MustRest(RcuDomain domain)
    {
        Until.True(() => Inside.IsIdle(domain));
        long started = domain.GetStatistics().GracePeriodsStarted;
        Assert.InRange(started, 1, 20);

        // Another domain's work is the time in which this one might go on.
        using (RcuDomain other = Domains.New())
        {
            for (int i = 0; i < 10; i++)
            {
                Forms.QueueAll(other);
                other.Barrier();
            }
        }

        Assert.True(Inside.IsIdle(domain));
        Assert.Equal(started, domain.GetStatistics().GracePeriodsStarted);
    }

    private static void Set(RcuDomain domain, ulong sequence)
    {
        Volatile.Write(ref domain.Core.State->Started, (sequence << 16) | 1);
        Volatile.Write(ref domain.Core.State->Completed, sequence << 16);
    }
}
