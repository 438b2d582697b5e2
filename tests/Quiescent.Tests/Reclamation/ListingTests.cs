using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// Which slots collectors look at (Reclamation/Listing.cs): those whose queues may hold something.
public sealed unsafe class ListingTests
{
    // Fault caught: a collector that visits the queues of an idle thread; a barrier then waits for the lock of one.
    [Fact]
    public void A_barrier_does_not_look_at_the_queues_of_idle_threads()
    {
        using RcuDomain domain = Domains.New();
        nint queues = 0;
        using ManualResetEventSlim isOver = new();
        using Worker idle = Worker.Start(() =>
        {
            domain.Free(Forms.NewBlock());
            Volatile.Write(ref queues, (nint)Inside.Slot(domain)->Queues);
            Until.Set(isOver);
        });
        Until.True(() => Volatile.Read(ref queues) != 0 && Inside.IsIdle(domain));
        ref int idleLock = ref ((ThreadQueues*)queues)->Blocks.Lock;
        TryLock.Enter(ref idleLock);
        Worker.Run(() =>
        {
            domain.Free(Forms.NewBlock());
            domain.Barrier();
            domain.BarrierCallbacks();
        });
        Until.True(() => Inside.IsIdle(domain));
        TryLock.Exit(ref idleLock);
        isOver.Set();
    }

    // Fault caught: a queue whose first append, or the first after a rest, does not list its slot.
    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void A_barrier_waits_for_what_a_thread_queues_after_a_rest(Form form)
    {
        using RcuDomain domain = Domains.New();
        for (int i = 1; i <= 20; i++)
        {
            Forms.Queue(domain, form);
            domain.Barrier();
            Assert.Equal(i, Forms.Reclaimed(domain));
            Until.True(() => !domain.Core.Slots.Listed.Any);
        }
    }

    // Fault caught: only a reclaimer that goes idle drops slots. This one always has something to do: first a callback,
    // while a barrier reclaims what the threads have freed; then a block that waits for a reader.
    [Fact]
    public void A_reclaimer_that_is_never_idle_drops_idle_threads()
    {
        const int Idle = 20;
        using RcuDomain domain = Domains.New();
        using ManualResetEventSlim hasBegun = new();
        using ManualResetEventSlim mayReturn = new();
        using CountdownEvent haveFreed = new(Idle);
        using ManualResetEventSlim isOver = new();
        domain.Call(() =>
        {
            hasBegun.Set();
            Until.Set(mayReturn);
        });
        Until.Set(hasBegun);
        Worker[] idle = Worker.StartMany(Idle, _ =>
        {
            domain.Free(Forms.NewBlock());
            haveFreed.Signal();
            Until.Set(isOver);
        });
        ReclaimerPass barrier = new(Inside.Core(domain));
        Until.True(() =>
        {
            barrier.Run(maySnapshot: true, isExpedited: true);
            return haveFreed.IsSet && Inside.Walk(domain).Trivial == 0;
        });
        Assert.Equal(Idle + 1, Inside.Listed(domain).Count);
        using (new ParkedReader(domain))
        {
            domain.Free(Forms.NewBlock());
            mayReturn.Set();
            int[] mine = [Inside.Slot(domain)->Index];
            Until.True(() => Inside.Listed(domain).SequenceEqual(mine));
        }

        isOver.Set();
        Worker.JoinAll(idle);
    }

    // Fault caught: a disposal that leaves the words of listed slots, so that their threads go on queueing in a domain
    // that nobody looks after.
    [Fact]
    public void A_thread_whose_slot_is_listed_finds_the_domain_disposed()
    {
        RcuDomain domain = Domains.New();
        void* late = Forms.NewBlock();
        Worker disposing;
        using (new ParkedReader(domain))
        {
            domain.Free(Forms.NewBlock());
            disposing = Worker.Start(domain.Dispose);
            Until.True(() => Order.Acquire(in domain.Core.State->Closed) != 0);
            Assert.Throws<ObjectDisposedException>(() => domain.Free(late));
        }

        disposing.Join();
        NativeMemory.Free(late);
    }

    // Fault caught: the bits of two slots mixed up, across words and chunks.
    [Fact]
    public void Each_slot_is_listed_by_itself()
    {
        const int Slots = 300;
        ListedSlots listed = NewList(Slots);
        int[] some = [0, 1, 7, 8, 23, 24, 31, 55, 56, 87, 88, 119, 120, 247, 248, 279, 280, Slots - 1];
        Assert.False(listed.Any);
        foreach (int slot in some)
        {
            listed.Add(slot);
            listed.Add(slot);
        }

        Assert.Equal(some, All(listed));
        for (int from = 0; from <= Slots; from++)
        {
            Assert.Equal(some.FirstOrDefault(slot => slot >= from, -1), listed.Next(from));
        }

        foreach (int slot in some)
        {
            listed.BeginLeave(slot);
            listed.TryRemove(slot);
        }

        Assert.False(listed.Any);
    }

    // Fault caught: a slot removed though it was listed again after it began to leave.
    [Fact]
    public void A_slot_that_is_listed_again_stays()
    {
        ListedSlots listed = NewList(40);
        listed.Add(35);
        listed.TryRemove(35);
        Assert.Equal([35], All(listed));
        listed.BeginLeave(35);
        Assert.Equal([35], All(listed));
        listed.Add(35);
        listed.TryRemove(35);
        Assert.Equal([35], All(listed));
        listed.BeginLeave(35);
        listed.TryRemove(35);
        Assert.Empty(All(listed));
    }

    private static ListedSlots NewList(int slots)
    {
        ListedSlots listed = new();
        for (int i = 0; i < slots; i++)
        {
            listed.EnsureRoom(SlotTable.ChunkNumber(i, out _));
        }

        return listed;
    }

    private static List<int> All(ListedSlots listed)
    {
        List<int> all = [];
        for (int i = listed.Next(0); i >= 0; i = listed.Next(i + 1))
        {
            all.Add(i);
        }

        return all;
    }
}
