using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

public sealed class SectionTests
{
    public static TheoryData<ReadSideBarrier, bool> AllKinds => new()
    {
        { ReadSideBarrier.Asymmetric, false },
        { ReadSideBarrier.Asymmetric, true },
        { ReadSideBarrier.Full, false },
        { ReadSideBarrier.Full, true },
    };

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_section_is_held_from_its_opening_to_its_end(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        Assert.False(domain.IsReadLockHeld);
        using (domain.ReadLock())
        {
            Assert.True(domain.IsReadLockHeld);
            Worker.Run(() => Assert.False(domain.IsReadLockHeld));
        }

        Assert.False(domain.IsReadLockHeld);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_section_holds_grace_periods_up_until_it_ends(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using (domain.ReadLock())
        {
            Progress.MustBeHeldUp(domain);
        }

        Progress.MustBePossible(domain);
    }

    // Fault caught: an inner exit that clears the slot's word instead of taking one level off.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_nested_section_keeps_the_outer_one_open(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using (domain.ReadLock())
        {
            using (domain.ReadLock())
            {
                using (domain.ReadLock())
                {
                    Progress.MustBeHeldUp(domain);
                }

                Assert.True(domain.IsReadLockHeld);
            }

            Assert.True(domain.IsReadLockHeld);
            Progress.MustBeHeldUp(domain);
        }

        Assert.False(domain.IsReadLockHeld);
        Progress.MustBePossible(domain);
    }

    // Fault caught: a nested entry that announces the current sequence. It would let a grace period end that started
    // after the outer section, and before the inner one.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_nested_section_keeps_the_age_of_the_outer_one(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using (domain.ReadLock())
        {
            GracePeriodState state = domain.StartPoll();
            Progress.MustBeHeldUp(domain);
            using (domain.ReadLock())
            {
                Progress.MustBeHeldUp(domain);
                Assert.False(domain.Poll(state));
            }

            Progress.MustBeHeldUp(domain);
            Assert.False(domain.Poll(state));
        }

        Progress.MustBePossible(domain);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Domains_do_not_wait_for_one_another_s_readers(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain held = Domains.New(readSide, validate);
        using RcuDomain free = Domains.New(readSide, validate);
        using (held.ReadLock())
        {
            Assert.False(free.IsReadLockHeld);
            free.Synchronize();
            free.Barrier();
            free.CondSynchronize(free.GetState());
            Progress.MustBeHeldUp(held);
        }

        Progress.MustBePossible(held);
    }

    [Fact]
    public void Sections_of_several_domains_overlap_in_any_order()
    {
        using RcuDomain first = Domains.New();
        using RcuDomain second = Domains.New(ReadSideBarrier.Full);
        using RcuDomain third = Domains.New(validate: true);
        ReadGuard a = first.ReadLock();
        ReadGuard b = second.ReadLock();
        ReadGuard c = third.ReadLock();
        ReadGuard nested = second.ReadLock();

        a.Dispose();
        Assert.False(first.IsReadLockHeld);
        first.Synchronize();
        Progress.MustBeHeldUp(second);
        Progress.MustBeHeldUp(third);

        c.Dispose();
        third.Synchronize();
        nested.Dispose();
        Progress.MustBeHeldUp(second);

        b.Dispose();
        second.Synchronize();
    }

    // The stack is deep because each level is a frame: guards can live nowhere else.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Sections_nest_65535_deep_and_one_deeper_throws_with_the_count_unchanged(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        Worker.Run(
            () =>
            {
                int refusals = 0;
                Nest(domain, 65_535, ref refusals);
                Assert.Equal(2, refusals);
                Assert.False(domain.IsReadLockHeld);

                // If the refused entry had been counted, one level would be left.
                domain.Synchronize();
            },
            stackBytes: 64 * 1024 * 1024);
    }

    [Fact]
    public void An_online_reader_s_level_counts_towards_the_nesting_limit()
    {
        using RcuDomain domain = Domains.New();
        Worker.Run(
            () =>
            {
                using RcuReader reader = domain.RegisterReader();
                reader.GoOnline();
                int refusals = 0;
                Nest(domain, 65_534, ref refusals);
                Assert.Equal(2, refusals);
                reader.GoOffline();
                domain.Synchronize();
            },
            stackBytes: 64 * 1024 * 1024);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void No_section_opens_in_a_disposed_domain_and_open_ones_end_harmlessly(
        ReadSideBarrier readSide, bool validate)
    {
        RcuDomain domain = Domains.New(readSide, validate);
        ReadGuard guard = domain.ReadLock();
        ReadGuard nested = domain.ReadLock();
        Worker.Run(domain.Dispose);

        Assert.Throws<ObjectDisposedException>(() => domain.ReadLock().Dispose());
        Assert.Throws<ObjectDisposedException>(() => domain.RegisterReader().Dispose());
        nested.Dispose();
        Assert.True(domain.IsReadLockHeld);
        guard.Dispose();
        Assert.False(domain.IsReadLockHeld);
        Assert.Throws<ObjectDisposedException>(() => domain.ReadLock().Dispose());
    }

    [Fact]
    public void A_default_guard_does_nothing()
    {
        using RcuDomain domain = Domains.New();
        ReadGuard none = default;
        none.Dispose();
        using (domain.ReadLock())
        {
            none.Dispose();
            none.Dispose();
            Assert.True(domain.IsReadLockHeld);
        }
    }

    private static void Nest(RcuDomain domain, int depth, ref int refusals)
    {
        if (depth == 0)
        {
            for (int i = 0; i < 2; i++)
            {
                try
                {
                    domain.ReadLock().Dispose();
                }
                catch (InvalidOperationException)
                {
                    refusals++;
                }
            }

            return;
        }

        using ReadGuard guard = domain.ReadLock();
        Nest(domain, depth - 1, ref refusals);
    }
}
