namespace Quiescent.Tests.Sleepable;

public sealed class SrcuDomainTests
{
    private static readonly RcuDomainOptions s_options = new() { Name = "sleepable", BacklogPolicy = BacklogPolicy.None };

    [Fact]
    public async Task A_section_that_ends_on_another_thread_holds_up_grace_periods_until_then()
    {
        using SrcuDomain domain = new(s_options);
        SrcuReadLock section = domain.ReadLock();
        GracePeriodState state = domain.StartPoll();
        ValueTask passed = domain.SynchronizeAsync(TestContext.Current.CancellationToken);
        Assert.False(domain.Poll(state));
        Assert.Equal(1, domain.OpenSections);
        Thread other = new(section.Dispose);
        other.Start();
        other.Join();
        await passed;
        Assert.True(domain.Poll(state));
        Assert.Equal(0, domain.OpenSections);
    }

    [Fact]
    public void A_second_release_throws_and_ends_no_other_section()
    {
        using SrcuDomain domain = new(s_options);
        SrcuReadLock first = domain.ReadLock();
        first.Dispose();
        using SrcuReadLock second = domain.ReadLock();
        Assert.Throws<InvalidOperationException>(first.Dispose);
        Assert.Equal(1, domain.OpenSections);
    }

    [Fact]
    public void Another_domain_s_lock_and_the_default_one_are_recognised()
    {
        using SrcuDomain domain = new(s_options);
        using SrcuDomain other = new(s_options);
        SrcuReadLock section = domain.ReadLock();
        Assert.Throws<ArgumentException>(() => other.ReadUnlock(section));
        domain.ReadUnlock(section);
        Assert.Throws<InvalidOperationException>(() => default(SrcuReadLock).Dispose());
    }
}
