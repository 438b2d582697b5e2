using System.Runtime.CompilerServices;

namespace Quiescent.Tests.Sleepable;

public sealed class SrcuDomainTests
{
    private static readonly RcuDomainOptions s_options =
        new() { Name = "sleepable", BacklogPolicy = BacklogPolicy.None };

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

    // One report names both places; without the ledger it could not know either.
    [Fact]
    public void Under_Validate_a_second_release_names_where_the_section_began_and_ended()
    {
        using SrcuDomain domain = new(s_options with { Validate = true });
        SrcuReadLock section = Begin(domain);
        End(section);
        InvalidOperationException misuse = Assert.Throws<InvalidOperationException>(section.Dispose);
        Assert.Contains($".{nameof(Begin)} in ", misuse.Message, StringComparison.Ordinal);
        Assert.Contains($".{nameof(End)} in ", misuse.Message, StringComparison.Ordinal);
        Assert.Equal(0, domain.OpenSections);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lock_that_is_never_released_is_reported_with_the_thread_that_took_it(bool validate)
    {
        using SrcuDomain domain = new(
            s_options with { StallTimeout = TimeSpan.FromMilliseconds(20), Validate = validate });
        SrcuReadLock section = default;
        Thread reader = new(() => section = Begin(domain)) { Name = "forgetful" };
        TaskCompletionSource<StallEventArgs> stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        domain.Stalled += (_, e) => stalled.TrySetResult(e);
        reader.Start();
        reader.Join();
        ValueTask passed = domain.SynchronizeAsync(TestContext.Current.CancellationToken);
        StallEventArgs stall =
            await stalled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(("forgetful", reader.ManagedThreadId), (stall.ThreadName, stall.ManagedThreadId));
        section.Dispose();
        await passed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static SrcuReadLock Begin(SrcuDomain domain) => domain.ReadLock();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void End(SrcuReadLock section) => section.Dispose();
}
