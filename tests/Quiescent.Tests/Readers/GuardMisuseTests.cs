using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// Without Validate, the word that its entry stored tells a guard from others: depth and grace period. Only a section
// opened since at the same depth and grace period looks alike, and finding that takes Validate.
public sealed class GuardMisuseTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_guard_disposed_twice_throws(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        ReadGuard guard = domain.ReadLock();
        guard.Dispose();
        Assert.True(Misuse.IsRefused(ref guard));
        Assert.False(domain.IsReadLockHeld);
        domain.Synchronize();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_nested_guard_disposed_twice_throws_and_the_outer_section_stays(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        ReadGuard outer = domain.ReadLock();
        ReadGuard inner = domain.ReadLock();
        inner.Dispose();
        Assert.True(Misuse.IsRefused(ref inner));
        Assert.True(domain.IsReadLockHeld);
        Progress.MustBeHeldUp(domain);
        outer.Dispose();
        Progress.MustBePossible(domain);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Guards_disposed_out_of_order_throw_and_both_sections_stay(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        ReadGuard outer = domain.ReadLock();
        ReadGuard inner = domain.ReadLock();
        Assert.True(Misuse.IsRefused(ref outer));
        Progress.MustBeHeldUp(domain);

        inner.Dispose();
        Assert.True(domain.IsReadLockHeld);
        Progress.MustBeHeldUp(domain);
        outer.Dispose();
        Assert.False(domain.IsReadLockHeld);
        Progress.MustBePossible(domain);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_copy_of_a_guard_throws_once_the_section_has_ended(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        ReadGuard guard = domain.ReadLock();
        ReadGuard copy = guard;
        guard.Dispose();
        Assert.True(Misuse.IsRefused(ref copy));
        Assert.True(Misuse.IsRefused(ref copy));
        Assert.False(domain.IsReadLockHeld);
        domain.Synchronize();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stale_guard_cannot_end_a_section_of_a_later_grace_period(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        ReadGuard stale = domain.ReadLock();
        stale.Dispose();
        domain.Synchronize();

        using (domain.ReadLock())
        {
            Assert.True(Misuse.IsRefused(ref stale));
            Assert.True(domain.IsReadLockHeld);
            Progress.MustBeHeldUp(domain);
        }

        Progress.MustBePossible(domain);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stale_guard_cannot_end_a_section_at_another_depth(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        ReadGuard stale = domain.ReadLock();
        stale.Dispose();
        using (domain.ReadLock())
        {
            using (domain.ReadLock())
            {
                Assert.True(Misuse.IsRefused(ref stale));
            }

            Assert.True(domain.IsReadLockHeld);
        }

        Assert.False(domain.IsReadLockHeld);
    }

    // Fault caught: a ledger that checks only what the slot's word shows. Here word and depth are the same.
    [Fact]
    public void Validate_tells_a_stale_guard_from_a_section_that_looks_alike()
    {
        using RcuDomain domain = Domains.New(validate: true);
        ReadGuard stale = domain.ReadLock();
        stale.Dispose();
        using (domain.ReadLock())
        {
            Assert.True(Misuse.IsRefused(ref stale));
            Assert.True(domain.IsReadLockHeld);
            Progress.MustBeHeldUp(domain);
        }

        Progress.MustBePossible(domain);
    }

    [Fact]
    public void Validate_tells_the_guards_of_an_online_reader_s_free_sections_apart()
    {
        using RcuDomain domain = Domains.New(validate: true);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        ReadGuard stale = reader.ReadLock();
        stale.Dispose();
        ReadGuard outer = reader.ReadLock();
        ReadGuard inner = reader.ReadLock();
        Assert.True(Misuse.IsRefused(ref stale));
        Assert.True(Misuse.IsRefused(ref outer));
        inner.Dispose();
        Assert.True(Misuse.IsRefused(ref inner));
        Assert.True(domain.IsReadLockHeld);
        outer.Dispose();
        Assert.False(domain.IsReadLockHeld);
        reader.GoOffline();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_guard_of_one_domain_says_nothing_about_another_s_sections(bool validate)
    {
        using RcuDomain first = Domains.New(validate: validate);
        using RcuDomain second = Domains.New(validate: validate);
        ReadGuard stale = first.ReadLock();
        stale.Dispose();
        using (second.ReadLock())
        {
            Assert.True(Misuse.IsRefused(ref stale));
            Assert.True(second.IsReadLockHeld);
        }

        second.Synchronize();
    }
}
