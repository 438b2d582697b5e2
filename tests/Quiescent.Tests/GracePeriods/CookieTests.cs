using Quiescent.Tests.Support;

namespace Quiescent.Tests.GracePeriods;

public sealed class CookieTests
{
    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void GetState_starts_nothing_and_polls_false_until_somebody_synchronizes(ReadSideBarrier readSide)
    {
        using RcuDomain domain = Domains.New(readSide);
        RcuStatistics before = domain.GetStatistics();
        GracePeriodState state = domain.GetState();
        for (int i = 0; i < 1_000; i++)
        {
            Assert.False(domain.Poll(state));
        }

        Assert.Equal(before, domain.GetStatistics());
        domain.Synchronize();
        Assert.True(domain.Poll(state));
        Assert.True(domain.Poll(state));
    }

    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void StartPoll_completes_by_itself(ReadSideBarrier readSide)
    {
        using RcuDomain domain = Domains.New(readSide);
        for (int i = 0; i < 20; i++)
        {
            GracePeriodState state = domain.StartPoll();
            Until.True(() => domain.Poll(state));
        }
    }

    // O9 (nothing runs without work). Fault caught: a reclaimer that goes on after its request has passed.
    [Fact]
    public void When_the_requested_grace_period_has_passed_nothing_runs()
    {
        using RcuDomain domain = Domains.New();
        GracePeriodState state = domain.StartPoll();
        Until.True(() => domain.Poll(state) && IsIdle(domain));
        long started = domain.GetStatistics().GracePeriodsStarted;
        GracePeriodState next = domain.GetState();
        domain.Synchronize();
        Assert.True(domain.Poll(next));
        Assert.Equal(started + 1, domain.GetStatistics().GracePeriodsStarted);
        Assert.True(IsIdle(domain));
    }

    [Theory]
    [MemberData(nameof(SynchronizeTests.AllReaders), MemberType = typeof(SynchronizeTests))]
    public void A_cookie_does_not_poll_true_while_a_section_opened_before_it_is_open(
        ReadSideBarrier readSide, ParkedReaderKind kind)
    {
        using RcuDomain domain = Domains.New(readSide);
        ParkedReader reader = new(domain, kind);
        GracePeriodState state = domain.StartPoll();
        Progress.MustBeHeldUp(domain);
        Assert.False(domain.Poll(state));
        reader.Release();
        Until.True(() => domain.Poll(state));
    }

    // O3 (unlinked before started). Fault caught: a cookie for the grace period in progress, which started before the
    // caller's unlink and waits for no reader that came in between.
    [Theory]
    [MemberData(nameof(SynchronizeTests.AllReaders), MemberType = typeof(SynchronizeTests))]
    public void A_cookie_taken_during_a_grace_period_needs_another_one(ReadSideBarrier readSide, ParkedReaderKind kind)
    {
        using RcuDomain domain = Domains.New(readSide);
        ParkedReader before = new(domain, kind, "before");
        Worker inProgress = Progress.StartSynchronize(domain);
        ParkedReader between = new(domain, kind, "between");
        GracePeriodState state = domain.StartPoll();
        before.Release();
        inProgress.Join();
        Progress.MustBeHeldUp(domain);
        Assert.False(domain.Poll(state));
        between.Release();
        Until.True(() => domain.Poll(state));
    }

    [Fact]
    public void CondSynchronize_waits_for_a_grace_period_that_has_not_passed_and_returns_at_once_otherwise()
    {
        using RcuDomain domain = Domains.New();
        GracePeriodState state = domain.GetState();
        using (ParkedReader reader = new(domain))
        {
            using Worker waiter = Worker.Start(() => domain.CondSynchronize(state));
            Until.True(() => domain.GetStatistics().GracePeriodsStarted == 1 && waiter.IsWaiting);
            Assert.False(domain.Poll(state));
            reader.Release();
        }

        Assert.True(domain.Poll(state));
        using (ParkedReader reader = new(domain))
        {
            domain.CondSynchronize(state);
        }

        Assert.Equal(1, domain.GetStatistics().GracePeriodsStarted);
    }

    [Fact]
    public void Default_and_Completed_poll_true_everywhere()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Assert.True(domain.Poll(default));
        Assert.True(domain.Poll(GracePeriodState.Completed));
        Assert.True(Rcu.Poll(default));
        Assert.True(Rcu.Poll(GracePeriodState.Completed));
        domain.CondSynchronize(default);
        domain.CondSynchronize(GracePeriodState.Completed);
        Assert.Equal(default, GracePeriodState.Completed);
        Assert.Equal(0, domain.GetStatistics().GracePeriodsStarted);
    }

    [Fact]
    public void Another_domain_s_cookie_throws()
    {
        using RcuDomain one = Domains.New();
        using RcuDomain other = Domains.New();
        GracePeriodState state = one.GetState();
        Assert.Throws<ArgumentException>("state", () => other.Poll(state));
        Assert.Throws<ArgumentException>("state", () => other.CondSynchronize(state));
        Assert.Throws<ArgumentException>("state", () => Rcu.Poll(state));
        one.Synchronize();
        Assert.Throws<ArgumentException>("state", () => other.Poll(state));
        Assert.True(one.Poll(state));
    }

    [Fact]
    public void Cookies_for_the_same_grace_period_of_the_same_domain_are_equal()
    {
        using RcuDomain domain = Domains.New();
        using RcuDomain other = Domains.New();
        GracePeriodState first = domain.GetState();
        GracePeriodState second = domain.GetState();
        GracePeriodState elsewhere = other.GetState();
        Assert.True(first == second);
        Assert.False(first != second);
        Assert.True(first.Equals((object)second));
        Assert.Equal(first.GetHashCode(), second.GetHashCode());
        Assert.True(first != elsewhere);
        Assert.False(first.Equals(elsewhere));
        Assert.False(first.Equals(null));
        Assert.True(first != GracePeriodState.Completed);

        domain.Synchronize();
        GracePeriodState later = domain.GetState();
        Assert.True(first != later);
        Assert.False(domain.Poll(later));
        Assert.True(domain.Poll(first));
        Assert.NotEqual(first.ToString(), later.ToString());
        Assert.Equal("completed", GracePeriodState.Completed.ToString());
    }

    [Fact]
    public void Cookies_may_be_polled_inside_a_section_and_on_any_thread()
    {
        using RcuDomain domain = Domains.New();
        GracePeriodState state = domain.GetState();
        domain.Synchronize();
        using (domain.ReadLock())
        {
            Assert.True(domain.Poll(state));
            GracePeriodState inside = domain.StartPoll();
            Assert.False(domain.Poll(inside));
            Worker.Run(() => Assert.False(domain.Poll(inside)));
        }
    }

    private static unsafe bool IsIdle(RcuDomain domain) =>
        (Volatile.Read(ref domain.Core.State->AppendFlags) & Quiescent.Readers.AppendFlags.Idle) != 0;
}
