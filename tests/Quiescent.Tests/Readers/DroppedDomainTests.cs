using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// Domains that the program drops without disposing of them, while the threads that used them live on. The owner of a
// slot tells whether the slot's memory is freed, and keeps nothing alive.
public sealed unsafe class DroppedDomainTests
{
    private const int LooksAtLiveMemory = 3;

    private static GracePeriodDomain? s_found;

    // Fault caught: a thread's registrations keep the slot table of each domain that it ever used, 16 KiB each.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_thousand_dropped_domains_leave_no_memory_on_a_thread_that_lives_on(bool validate)
    {
        const int Count = 1_000;
        Garbage.Collect();
        long before = SlotTable.Allocated;
        List<SlotOwner> owners = [.. Enumerable.Range(0, Count).Select(_ => UseAndDrop(validate))];
        UntilFreed(owners);
        Assert.InRange(SlotTable.Allocated, 0, before);

        // The thread still has its own registrations, and finds room for more.
        using RcuDomain domain = Domains.New();
        domain.ReadLock().Dispose();
        Assert.Equal(1, domain.GetStatistics().ReaderSlots);
    }

    // Fault caught: a reclaimer without work that never ends, and keeps its domain: a thread and 16 KiB each.
    [Theory]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    [InlineData(Form.Delegate)]
    public void A_dropped_domain_that_has_reclaimed_leaves_neither_thread_nor_memory(Form form)
    {
        (WeakReference<Reclaimer> reclaimer, SlotOwner owner) = ReclaimAndDrop(form);
        UntilFreed([owner]);
        Assert.False(reclaimer.TryGetTarget(out _));
    }

    // Fault caught: a queue's last page that stays, as its pool knows only those batches that have a spare page.
    [Fact]
    public void Dropped_domains_leave_none_of_their_queues_pages()
    {
        const int Count = 50;
        Garbage.Collect();
        long before = PageBatch.Allocated;
        List<SlotOwner> owners = [.. Enumerable.Range(0, Count).Select(i => ReclaimAndDrop((Form)(i % 6)).Owner)];
        UntilFreed(owners);
        Assert.InRange(PageBatch.Allocated, 0, before);
    }

    // Fault caught: memory freed under a section that was left open when its domain was dropped.
    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric, false)]
    [InlineData(ReadSideBarrier.Full, false)]
    [InlineData(ReadSideBarrier.Asymmetric, true)]
    public void A_section_keeps_the_memory_of_its_dropped_domain(ReadSideBarrier readSide, bool validate)
    {
        ReadGuard guard = EnterAndDrop(readSide, validate, out SlotOwner owner);
        MustNotBeFreed(owner);
        guard.Dispose();
        UntilFreed([owner]);
    }

    // Fault caught: memory freed under a registered reader, which refers to its slot alone.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_registered_reader_keeps_the_memory_of_its_dropped_domain(bool validate)
    {
        RcuReader reader = RegisterAndDrop(validate, out SlotOwner owner);
        MustNotBeFreed(owner);
        reader.ReadLock().Dispose();
        reader.GoOnline();
        MustNotBeFreed(owner);
        reader.ReadLock().Dispose();
        reader.QuiescentState();
        reader.GoOffline();
        reader.Dispose();
        UntilFreed([owner]);
        reader.Dispose();
    }

    // Fault caught: a reader disposed of twice closes a later one, whose slot got the address of the first one's; or it
    // opens a section in a slot of another thread, which got the address.
    [Fact]
    public void No_two_readers_ever_share_a_number()
    {
        using RcuDomain first = Domains.New();
        using RcuDomain second = Domains.New();
        using RcuReader one = first.RegisterReader();
        using RcuReader other = second.RegisterReader();
        List<ulong> numbers = [NumberIn(first), NumberIn(second)];
        Worker.Run(() =>
        {
            using RcuReader third = first.RegisterReader();
            numbers.Add(NumberIn(first));
        });
        Assert.Equal(numbers, numbers.Distinct());
    }

    [Fact]
    public void A_section_that_an_ended_thread_left_open_does_not_keep_the_memory()
    {
        SlotOwner? owner = null;
        Worker.Run(() => _ = EnterAndDrop(ReadSideBarrier.Asymmetric, validate: false, out owner));
        UntilFreed([owner!]);
    }

    // Fault caught: memory freed once, and for good, before a program's finalizer stores the domain where others find
    // it.
    [Fact]
    public void A_domain_that_a_finalizer_makes_reachable_again_can_be_used()
    {
        SlotOwner owner = UseInFinalizable();
        UntilFound();
        MustNotBeFreed(owner);
        UseFound();
        UntilFreed([owner]);
    }

    // Fault caught: the closed signal of a thread that ended in time. A call throws for it behind its push, and its
    // caller frees the block as well.
    [Fact]
    public void A_domain_found_again_signals_no_thread_that_has_ended()
    {
        ReclaimInFinalizable();
        UntilFound();
        using Failures failures = new(FaultSite.ThreadStart, Failing.Every);
        RcuDomain domain = (RcuDomain)Interlocked.Exchange(ref s_found, null)!;
        Forms.Queue(domain, Form.Headless);
        domain.Barrier();
        Assert.Equal(0, Forms.Waiting(domain));
    }

    // Fault caught: a thread that is attached again looks for its registrations in the memory of a domain that is gone.
    [Fact]
    public void A_thread_finds_its_registrations_without_the_domain_asked_for_last() => Worker.Run(() =>
    {
        using RcuDomain domain = Domains.New();
        domain.ReadLock().Dispose();
        SlotOwner kept = ThreadRegistrations.OwnerOf(Inside.Slot(domain));
        UntilFreed([UseAndDrop(validate: false)]);
        Assert.Same(kept.Registrations, SlotTable.FindRegistrations(domain.Core.Id));
        Assert.Same(kept.Registrations, SlotTable.FindRegistrations(domain.Core.Id + 1));
        Worker.Run(() => Assert.Null(SlotTable.FindRegistrations(domain.Core.Id)));
    });

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static SlotOwner UseAndDrop(bool validate)
    {
        RcuDomain domain = Domains.New(validate: validate);
        domain.ReadLock().Dispose();
        domain.RegisterReader().Dispose();
        domain.Synchronize();
        return ThreadRegistrations.OwnerOf(Inside.Slot(domain));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference<Reclaimer> Reclaimer, SlotOwner Owner) ReclaimAndDrop(Form form)
    {
        RcuDomain domain = new(Domains.Served(isShared: false, TimeSpan.FromMilliseconds(1)));
        Forms.Queue(domain, form);
        domain.Barrier();
        return (new(domain.Core.Reclaimer), ThreadRegistrations.OwnerOf(Inside.Slot(domain)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadGuard EnterAndDrop(ReadSideBarrier readSide, bool validate, out SlotOwner owner)
    {
        RcuDomain domain = Domains.New(readSide, validate);
        ReadGuard guard = domain.ReadLock();
        owner = ThreadRegistrations.OwnerOf(Inside.Slot(domain));
        return guard;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RcuReader RegisterAndDrop(bool validate, out SlotOwner owner)
    {
        RcuDomain domain = Domains.New(validate: validate);
        RcuReader reader = domain.RegisterReader();
        owner = ThreadRegistrations.OwnerOf(Inside.Slot(domain));
        return reader;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static SlotOwner UseInFinalizable()
    {
        RcuDomain domain = Domains.New();
        _ = new Finder(domain);
        domain.ReadLock().Dispose();
        return ThreadRegistrations.OwnerOf(Inside.Slot(domain));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReclaimInFinalizable()
    {
        RcuDomain domain = new(Domains.Served(isShared: false, TimeSpan.FromMilliseconds(1)));
        _ = new Finder(domain);
        Forms.Queue(domain, Form.Delegate);
        domain.Barrier();
        Until.True(() => Inside.ThreadsOf(domain) == 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UseFound()
    {
        RcuDomain domain = (RcuDomain)Interlocked.Exchange(ref s_found, null)!;
        domain.ReadLock().Dispose();
        domain.Synchronize();
        Assert.Equal(1, domain.GetStatistics().ReaderSlots);
    }

    private static ulong NumberIn(RcuDomain domain) => Inside.Slot(domain)->ReaderWord & ~ReaderFlags.Flags;

    private static void UntilFreed(List<SlotOwner> owners) => Until.True(() =>
    {
        Garbage.Collect();
        return owners.TrueForAll(owner => owner.IsFreed);
    });

    // On another thread: Validate objects to a wait inside a section.
    private static void MustNotBeFreed(SlotOwner owner)
    {
        for (int i = 0; i < LooksAtLiveMemory; i++)
        {
            Worker.Run(Garbage.Collect);
        }

        Assert.False(owner.IsFreed);
    }

    private static void UntilFound() => Until.True(() =>
    {
        Garbage.Collect();
        return Volatile.Read(ref s_found) is not null;
    });

    private sealed class Finder(GracePeriodDomain domain)
    {
        ~Finder() => Volatile.Write(ref s_found, domain);
    }
}
