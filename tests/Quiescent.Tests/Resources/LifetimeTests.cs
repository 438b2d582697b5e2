using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

// When a resource is released, with a handle as the example: L1 to L5 in Resources/Lifetime.cs.
public sealed class LifetimeTests
{
    private const nint Value = 42;

    [Fact]
    public void A_reader_that_began_before_the_close_uses_the_handle_to_its_end()
    {
        using SrcuDomain domain = new();
        NumberHandle handle = new(Value, new Releases(), domain);
        using OpenSection section = new(domain);
        handle.Dispose();
        Assert.False(handle.IsClosed);
        Assert.Equal(Value, section.Lock.Dereference(handle));
        Assert.Equal(Value, section.Lock.Dereference(handle));
        Assert.Equal(0, handle.Releases);
        section.Dispose();
        Until.True(() => handle.Releases == 1);
        RcuAssert.BooksBalance(domain);
        Assert.True(handle.IsClosed);
    }

    // The grace period under way may not wait for it: so a second one has to.
    [Fact]
    public void A_reader_that_begins_after_the_close_and_still_finds_it_unreleased_is_waited_for()
    {
        using SrcuDomain domain = new();
        NumberHandle handle = new(Value, new Releases(), domain);
        using OpenSection early = new(domain);
        handle.Dispose();
        Until.True(() => domain.GetStatistics().GracePeriodsStarted > 0);
        using OpenSection late = new(domain);
        Assert.Equal(Value, late.Lock.Dereference(handle));
        early.Dispose();
        Until.True(() => domain.GetStatistics().GracePeriodsCompleted > 0);
        Until.True(() => IsRefused(domain, handle));
        Assert.Equal(0, handle.Releases);
        late.Dispose();
        Until.True(() => handle.Releases == 1);
        RcuAssert.BooksBalance(domain);
        Assert.Equal(1, handle.Releases);
    }

    [Fact]
    public void A_closed_handle_is_refused_once_its_readers_are_gone()
    {
        using RcuDomain domain = new();
        NumberHandle handle = new(Value, new Releases(), domain);
        handle.Dispose();
        domain.Barrier();
        Assert.Equal(1, handle.Releases);
        using ReadGuard guard = domain.ReadLock();
        ObjectDisposedException? thrown = null;
        try
        {
            guard.Dereference(handle);
        }
        catch (ObjectDisposedException e)
        {
            thrown = e;
        }

        Assert.NotNull(thrown);
    }

    [Fact]
    public void Closing_twice_releases_once()
    {
        using RcuDomain domain = new();
        NumberHandle handle = new(Value, new Releases(), domain);
        handle.Dispose();
        handle.Dispose();
        RcuAssert.BooksBalance(domain);
        Assert.Equal(1, handle.Releases);
    }

    [Fact]
    public void A_counted_reference_holds_the_release_back_as_with_any_safe_handle()
    {
        using RcuDomain domain = new();
        NumberHandle handle = new(Value, new Releases(), domain);
        bool added = false;
        handle.DangerousAddRef(ref added);
        handle.Dispose();
        domain.Barrier();
        Assert.Equal(0, handle.Releases);
        handle.DangerousRelease();
        Assert.Equal(1, handle.Releases);
    }

    [Fact]
    public void After_the_domains_disposal_the_readers_are_still_waited_for()
    {
        SrcuDomain domain = new();
        NumberHandle handle = new(Value, new Releases(), domain);
        using OpenSection section = new(domain);
        domain.Dispose();
        handle.Dispose();
        Assert.Equal(Value, section.Lock.Dereference(handle));
        Assert.Equal(0, handle.Releases);
        section.Dispose();
        Until.True(() => handle.Releases == 1);
    }

    private static bool IsRefused(SrcuDomain domain, NumberHandle handle)
    {
        using SrcuReadLock section = domain.ReadLock();
        try
        {
            section.Dereference(handle);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}
