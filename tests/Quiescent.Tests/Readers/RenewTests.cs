using System.Runtime.InteropServices;
using Quiescent.Tests.Support;
using Quiescent.Validate;

namespace Quiescent.Tests.Readers;

// Renew ends a section and opens the next in its place.
public sealed unsafe class RenewTests
{
    public static TheoryData<ReadSideBarrier, bool> AllKinds => SectionTests.AllKinds;

    // Fault caught: a renewal that announces what was announced before, or nothing; or that leaves the section open for
    // ever, since the guard does not know its new word.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_renewed_section_lets_older_grace_periods_pass_and_holds_later_ones_up(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using (ReadGuard guard = domain.ReadLock())
        {
            for (int i = 0; i < 5; i++)
            {
                using Worker synchronizer = Progress.StartSynchronize(domain);
                Assert.False(synchronizer.HasEnded);
                guard.Renew();
                synchronizer.Join();
                Assert.True(domain.IsReadLockHeld);
            }

            Progress.MustBeHeldUp(domain);
        }

        Assert.False(domain.IsReadLockHeld);
        domain.Synchronize();
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_helper_renews_its_caller_s_section_and_so_does_a_registered_reader_s_guard(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        using (ReadGuard guard = reader.ReadLock())
        {
            GracePeriodState state = domain.StartPoll();
            Progress.MustBeHeldUp(domain);
            RenewCallers(in guard);
            Until.True(() => domain.Poll(state), in guard, static (scoped ref readonly ReadGuard g) => g.Renew());
        }

        domain.Synchronize();
        reader.ReadLock().Dispose();

        static void RenewCallers(in ReadGuard guard) => guard.Renew();
    }

    // Fault caught: a renewal that ends the section of somebody further out, who holds references.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Beside_another_section_it_throws_and_changes_nothing(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using (ReadGuard outer = domain.ReadLock())
        {
            GracePeriodState state = domain.StartPoll();
            Progress.MustBeHeldUp(domain);
            using (ReadGuard inner = domain.ReadLock())
            {
                Assert.True(IsRefused(in inner));
                Assert.True(IsRefused(in outer));
                Progress.MustBeHeldUp(domain);
                Assert.False(domain.Poll(state));
            }

            Progress.MustBeHeldUp(domain);
            outer.Renew();
        }

        Assert.False(domain.IsReadLockHeld);
        domain.Synchronize();
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Online_it_throws_for_free_sections_and_counted_ones(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        GracePeriodState state = domain.StartPoll();
        using (ReadGuard free = reader.ReadLock())
        {
            Assert.True(IsRefused(in free));
            using ReadGuard counted = domain.ReadLock();
            Assert.True(IsRefused(in counted));
            Progress.MustBeHeldUp(domain);
        }

        Assert.False(domain.Poll(state));
        reader.GoOffline();
        domain.Synchronize();
    }

    // Fault caught: a guard from an earlier section that renews whatever its thread has open now.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_guard_that_is_over_renews_nothing(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        ReadGuard none = default;
        Assert.True(IsRefused(in none));
        ReadGuard over = domain.ReadLock();
        over.Dispose();
        Assert.True(IsRefused(in over));
        reader.GoOnline();
        Assert.True(IsRefused(in over));
        Progress.MustBeHeldUp(domain);
        reader.GoOffline();
        domain.Synchronize();
        using ReadGuard next = domain.ReadLock();
        Assert.True(IsRefused(in over));
        Progress.MustBeHeldUp(domain);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_copy_from_before_is_refused(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        ReadGuard guard = domain.ReadLock();
        ReadGuard copy = guard;
        domain.StartPoll();
        Progress.MustBeHeldUp(domain); // A grace period has started, so that the next announcement differs.
        guard.Renew();
        Assert.True(Misuse.IsRefused(ref copy));
        Assert.True(IsRefused(in copy));
        Assert.True(domain.IsReadLockHeld);
        guard.Dispose();
        Assert.False(domain.IsReadLockHeld);
        domain.Synchronize();
    }

    // The writers of a lock rely on the sections of its readers.
    [Fact]
    public void Inside_a_Read_of_a_lock_it_throws()
    {
        using RcuDomain domain = Domains.New();
        using RcuReaderWriterLock table = new(domain);
        using (table.Read())
        {
            using ReadGuard guard = domain.ReadLock();
            Assert.True(IsRefused(in guard));
        }

        using ReadGuard outer = domain.ReadLock();
        using (table.Read())
        {
            Assert.True(IsRefused(in outer));
        }

        outer.Renew();
    }

    // What the compiler cannot see: a reference kept over a renewal.
    [Fact]
    public void Validate_poisons_a_block_whose_reference_was_kept()
    {
        using RcuDomain domain = Domains.New(validate: true);
        long* block = (long*)NativeMemory.Alloc(sizeof(long));
        *block = 1;
        RcuPointer<long> pointer = default;
        pointer.Assign(block);
        using ReadGuard guard = domain.ReadLock();
        ref readonly long kept = ref guard.Dereference(in pointer);
        domain.Free(pointer.Exchange(null));
        Assert.Equal(1, kept);
        Until.True(
            () => domain.GetStatistics().BlocksFreed == 1,
            in guard,
            static (scoped ref readonly ReadGuard g) => g.Renew());
        Assert.Equal(Poison.Value, (byte)kept);
    }

    private static bool IsRefused(scoped ref readonly ReadGuard guard) =>
        Misuse.IsRefused(in guard, static (scoped ref readonly ReadGuard g) => g.Renew());
}
