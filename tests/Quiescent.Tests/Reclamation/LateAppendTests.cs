using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// Appends and registrations that passed their check just before the domain was disposed of (O11).
public sealed unsafe class LateAppendTests
{
    // A bulk holds its queue's lock while it appends. Fails when disposal takes a queue without a page for empty
    // without trying the lock: the bulk would be accepted and never freed.
    [Fact]
    public void Disposal_waits_for_a_bulk_that_is_being_appended_to_a_queue_without_a_page()
    {
        RcuDomain domain = Domains.New();
        domain.ReadLock().Dispose();
        DomainCore core = Inside.Core(domain);
        PageQueue* queue = &((ThreadQueues*)Inside.Slot(domain)->Queues)->Blocks;
        Assert.True(queue->Cursor == null);
        TryLock.Enter(ref queue->Lock);
        core.Listing.List(&queue->Append);
        Assert.False(core.IsDisposed);
        using Worker disposer = Worker.Start(domain.Dispose);
        Until.True(() => OsThread.Asleep != 0 || disposer.HasEnded);
        queue->Extend(core.Queues, core.Queues.Pages.Take());
        Assert.True(Producer.TryAppend(queue, NativeMemory.Alloc(32)));
        Assert.False(disposer.HasEnded);
        TryLock.Exit(ref queue->Lock);
        disposer.Join();
        Assert.Equal((1, 1), (domain.GetStatistics().BlocksQueued, domain.GetStatistics().BlocksFreed));
    }

    // Fails when a thread may still adopt an ended thread's slot while that slot's last page is being given back.
    [Fact]
    public void A_retired_table_gives_no_slot_to_a_second_owner()
    {
        SlotTable slots = new(ThreadQueues.Bytes, new PagePool(), fullFence: false, validate: false);
        int first = slots.Extend(new SlotOwner(slots, ThreadLife.OfCurrent()))->Index;
        int second = slots.Extend(new SlotOwner(slots, ThreadLife.OfCurrent()))->Index;
        slots.Release(first);
        slots.Retire();
        slots.Release(second);
        Assert.False(slots.TryRegisterReleased(new SlotOwner(slots, ThreadLife.OfCurrent()), out _));
        Assert.Equal(second + 1, slots.Extend(new SlotOwner(slots, ThreadLife.OfCurrent()))->Index);
        Assert.Equal(1, slots.InUse);
    }
}
