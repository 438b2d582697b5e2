using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Quiescent.GracePeriods;
using Quiescent.Readers;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// OnlineReader: online for as long as it is open, so that its sections have nothing to test.
public sealed unsafe class OnlineSectionTests
{
    public static TheoryData<ReadSideBarrier, bool> AllKinds => SectionTests.AllKinds;

    // Fault caught: an OnlineReader that does not take its thread online. Its sections protect nothing.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void An_online_reader_holds_grace_periods_up_from_its_opening_to_its_Dispose(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using (OnlineReader reader = domain.RegisterOnlineReader())
        {
            Progress.MustBeHeldUp(domain);
            using (reader.ReadLock())
            {
                Progress.MustBeHeldUp(domain);
            }

            Progress.MustBeHeldUp(domain);
            Assert.Throws<InvalidOperationException>(domain.Synchronize);
        }

        Assert.False(domain.IsReadLockHeld);
        domain.Synchronize();
        Progress.MustBePossible(domain);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Its_quiescent_states_let_older_grace_periods_pass(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using OnlineReader reader = domain.RegisterOnlineReader();
        for (int i = 0; i < 5; i++)
        {
            using Worker synchronizer = Progress.StartSynchronize(domain);
            Assert.False(synchronizer.HasEnded);
            reader.QuiescentState();
            synchronizer.Join();
        }

        Progress.MustBeHeldUp(domain);
    }

    // Fault caught: a quiescent state that announces nothing unless a waiting thread has asked the reader to wake it.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Its_quiescent_state_is_announced_without_being_asked_for(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using OnlineReader reader = domain.RegisterOnlineReader();
        GracePeriodEngine engine = domain.Core.Engine;
        ulong target = engine.NextTarget();
        Assert.False(engine.TryAdvance(target));
        reader.QuiescentState();
        Assert.True(engine.TryAdvance(target));
        Assert.False(engine.TryAdvance(engine.NextTarget()));
    }

    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void Validate_sees_its_sections(ReadSideBarrier readSide)
    {
        using RcuDomain domain = Domains.New(readSide, validate: true);
        using OnlineReader reader = domain.RegisterOnlineReader();
        using (reader.ReadLock())
        {
            Assert.True(domain.IsReadLockHeld);
            using (reader.ReadLock())
            {
                Assert.True(
                    Misuse.IsRefused(in reader, static (scoped ref readonly OnlineReader r) => r.QuiescentState()));
            }

            Assert.True(domain.IsReadLockHeld);
            Assert.True(
                Misuse.IsRefused(in reader, static (scoped ref readonly OnlineReader r) => r.QuiescentState()));
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly OnlineReader r) => r.Dispose()));
            Progress.MustBeHeldUp(domain);
        }

        Assert.False(domain.IsReadLockHeld);
        OnlineReadGuard guard = reader.ReadLock();
        OnlineReadGuard copy = guard;
        guard.Dispose();
        Assert.True(Misuse.IsRefused(in copy, static (scoped ref readonly OnlineReadGuard g) => g.Dispose()));
        reader.QuiescentState();
    }

    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void Without_Validate_its_sections_leave_no_trace(ReadSideBarrier readSide)
    {
        ValidateForAll.SkipIfOn();
        using RcuDomain domain = Domains.New(readSide);
        using OnlineReader reader = domain.RegisterOnlineReader();
        ReaderSlot* slot = Inside.Slot(domain);
        ReaderSlot before = *slot;
        OnlineReadGuard guard = reader.ReadLock();
        Assert.False(domain.IsReadLockHeld);
        Assert.Equal((before.Word, before.ReaderWord), (slot->Word, slot->ReaderWord));
        reader.QuiescentState();
        guard.Dispose();
        guard.Dispose();
    }

    // Fault caught: the sections have no test to notice it, so going offline beside one would unprotect them.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void The_thread_s_other_readers_cannot_take_it_offline(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader other = domain.RegisterReader();
        using (OnlineReader reader = domain.RegisterOnlineReader())
        {
            Assert.True(Misuse.IsRefused(in other, static (scoped ref readonly RcuReader r) => r.GoOffline()));
            Progress.MustBeHeldUp(domain);
            other.ReadLock().Dispose();
            other.QuiescentState();
            other.Dispose();
            Progress.MustBeHeldUp(domain);
            reader.QuiescentState();
        }

        domain.Synchronize();
    }

    // Fault caught: the first of two readers to close takes the thread offline under the other.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void The_last_of_several_takes_the_thread_offline(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader offline = domain.RegisterReader();
        OnlineReader first = domain.RegisterOnlineReader();
        OnlineReader second = domain.RegisterOnlineReader();
        first.ReadLock().Dispose();
        second.ReadLock().Dispose();
        first.QuiescentState();
        second.QuiescentState();
        first.Dispose();
        first.Dispose();
        Progress.MustBeHeldUp(domain);
        second.QuiescentState();
        second.Dispose();
        domain.Synchronize();
        offline.ReadLock().Dispose();
    }

    // Fault caught: an OnlineReader that ends a mode which GoOnline has begun, or one that leaves it open for ever.
    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void A_thread_that_called_GoOnline_too_stays_online(bool before, bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        RcuReader other = domain.RegisterReader();
        if (before)
        {
            other.GoOnline();
        }

        using (domain.RegisterOnlineReader())
        {
            other.GoOnline();
        }

        Progress.MustBeHeldUp(domain);
        other.GoOffline();
        domain.Synchronize();

        using (domain.RegisterOnlineReader())
        {
        }

        domain.Synchronize();

        other.GoOnline();
        OnlineReader last = domain.RegisterOnlineReader();
        other.Dispose();
        Progress.MustBeHeldUp(domain);
        last.Dispose();
        domain.Synchronize();
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Opening_one_inside_a_section_throws_unless_the_thread_is_online(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using (domain.ReadLock())
        {
            Assert.True(IsOpeningRefused(domain));
            Progress.MustBeHeldUp(domain);
        }

        Assert.False(domain.IsReadLockHeld);
        domain.Synchronize();
        using OnlineReader reader = domain.RegisterOnlineReader();
        using (domain.ReadLock())
        {
            domain.RegisterOnlineReader().Dispose();
            Progress.MustBeHeldUp(domain);
        }
    }

    // Fault caught: a refused Dispose that has closed the reader, or counted it off.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Inside_a_counted_section_quiescent_states_and_the_last_Dispose_throw(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        Worker.Run(() =>
        {
            OnlineReader reader = domain.RegisterOnlineReader();
            using (domain.ReadLock())
            {
                Assert.True(
                    Misuse.IsRefused(in reader, static (scoped ref readonly OnlineReader r) => r.QuiescentState()));
                Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly OnlineReader r) => r.Dispose()));
                Assert.True(domain.IsReadLockHeld);
            }

            reader.QuiescentState();
            Progress.MustBeHeldUp(domain);
            reader.Dispose();
            domain.Synchronize();
        });
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void After_its_Dispose_a_quiescent_state_throws_and_under_Validate_a_section_too(
        ReadSideBarrier readSide, bool validate)
    {
        ValidateForAll.SkipRowUnless(validate);
        using RcuDomain domain = Domains.New(readSide, validate);
        OnlineReader gone = domain.RegisterOnlineReader();
        gone.Dispose();
        Assert.True(Misuse.IsRefused(in gone, static (scoped ref readonly OnlineReader r) => r.QuiescentState()));
        Assert.Equal(
            validate, Misuse.IsRefused(in gone, static (scoped ref readonly OnlineReader r) => r.ReadLock().Dispose()));
        using OnlineReader live = domain.RegisterOnlineReader();
        Assert.True(Misuse.IsRefused(in gone, static (scoped ref readonly OnlineReader r) => r.QuiescentState()));
        gone.Dispose();
        Progress.MustBeHeldUp(domain);
        live.QuiescentState();
    }

    [Fact]
    public void A_default_reader_has_no_quiescent_states()
    {
        OnlineReader none = default;
        Assert.True(Misuse.IsRefused(in none, static (scoped ref readonly OnlineReader r) => r.QuiescentState()));
        none.Dispose();
        none.ReadLock().Dispose();
    }

    // Fault caught: a reader that goes on for ever in a closed domain; or that is told, and holds up those that wait
    // for what it held.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_quiescent_state_tells_that_the_domain_is_disposed_and_is_made_all_the_same(bool validate)
    {
        RcuDomain domain = Domains.New(validate: validate);
        using OnlineReader reader = domain.RegisterOnlineReader();
        domain.Free(NativeMemory.Alloc(8)); // Its grace period is what the disposal waits for.
        using Worker disposing = Worker.Start(domain.Dispose);
        bool isTold = false;
        Until.True(
            () => isTold && disposing.HasEnded,
            in reader,
            (scoped ref readonly OnlineReader r) =>
            {
                try
                {
                    r.QuiescentState();
                    Assert.False(isTold, "The reader was told once, and not again.");
                }
                catch (ObjectDisposedException)
                {
                    isTold = true;
                }
            });
        disposing.Join();
        Assert.Equal(validate || ValidateForAll.IsOn, IsSectionRefused(in reader));
    }

    // Fault caught: a fast path that takes a slot with a request for the plain one, and leaves the thread asleep.
    [Fact]
    public void A_reader_that_is_asked_to_wake_a_thread_does_so_at_its_next_quiescent_state()
    {
        using RcuDomain domain = Domains.New();
        using OnlineReader reader = domain.RegisterOnlineReader();
        ReaderSlot* slot = ReaderSlot.Untwinned(Inside.Slot(domain));
        Assert.True(ReaderHandles.TryAsk(slot));
        reader.ReadLock().Dispose();
        Assert.NotEqual(0UL, slot->ReaderWord & ReaderFlags.Awaited);
        reader.QuiescentState();
        Assert.Equal(0UL, slot->ReaderWord & ReaderFlags.Awaited);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_thread_that_ends_with_one_open_is_reported_and_the_grace_period_goes_on(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = [];
        domain.ReaderAbandoned += (_, e) => reports.Enqueue(e);
        Worker.Run(() => domain.RegisterOnlineReader());
        domain.Synchronize();
        domain.GetStatistics();
        Assert.Single(reports);

        // The next thread in its slot is offline, and may go on- and offline.
        Worker.Run(() =>
        {
            using RcuReader next = domain.RegisterReader();
            domain.Synchronize();
            next.GoOnline();
            next.GoOffline();
            domain.Synchronize();
        });
    }

    [Fact]
    public void The_default_domain_has_them_too()
    {
        Worker.Run(() =>
        {
            using (OnlineReader reader = Rcu.RegisterOnlineReader())
            {
                Assert.Throws<InvalidOperationException>(Rcu.Synchronize);
                reader.QuiescentState();
            }

            Rcu.Synchronize();
        });
    }

    [Fact]
    public void Its_section_dereferences_like_any_other()
    {
        using RcuDomain domain = Domains.New();
        long* block = (long*)NativeMemory.Alloc(sizeof(long));
        *block = 5;
        RcuPointer<long> typed = default;
        RcuPointer untyped = default;
        typed.Assign(block);
        untyped.Assign(block);
        using (OnlineReader reader = domain.RegisterOnlineReader())
        using (OnlineReadGuard guard = reader.ReadLock())
        {
            Assert.Equal(5, guard.Dereference(in typed));
            Assert.Equal(5, guard.Dereference<long>(in untyped));
            Assert.True(guard.DereferencePointer(in typed) == block);
            Assert.True(guard.DereferencePointer(in untyped) == block);
            RcuPointer<long> none = default;
            Assert.True(Rcu.IsNull(in guard.Dereference(in none)));
        }

        NativeMemory.Free(block);
    }

    private static bool IsOpeningRefused(RcuDomain domain)
    {
        try
        {
            domain.RegisterOnlineReader().Dispose();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private static bool IsSectionRefused(scoped ref readonly OnlineReader reader)
    {
        try
        {
            reader.ReadLock().Dispose();
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}
