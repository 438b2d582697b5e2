using System.Diagnostics.CodeAnalysis;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;

namespace Quiescent.Reclamation;

// Queues many blocks at once, all or none (kvfree_rcu_bulk).
//
// O11 (disposal)  The owner takes pages before it appends anything, and appends under the consumer's lock, in which it
//     lists its slot and then looks at Disposed. Dispose sets Disposed, then takes that lock in each listed slot. So
//     either it finds all of the bulk, or the owner finds Disposed and appends nothing. No single entry needs to be
//     withdrawn.
// O9, O10  A slot that is listed when the bulk begins stays so: whoever would drop it takes the lock to look
//     (Listing.cs).
//
// Checked by: FreeBulkTests, DisposeRaceTests; systematic HandOverTests; mutants bulk-….
internal readonly unsafe struct BulkProducer(DomainCore core)
{
    private readonly DomainCore _core = core;

    /// <summary>Queues all blocks that are not null.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the pages; nothing is queued.</exception>
    /// <exception cref="RcuBacklogException">The policy is to throw; nothing is queued.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed; nothing is queued.</exception>
    /// <exception cref="InvalidOperationException">Another thread changed the blocks meanwhile; some may be
    /// queued.</exception>
    public void Free(ReadOnlySpan<nint> blocks)
    {
        ReaderSlot* real = _core.Producer.RequireSlot(_core.Registrar.Known);
        int count = blocks.Length - blocks.Count(0);
        if (count == 0)
        {
            return;
        }

        ThreadQueues* queues = (ThreadQueues*)real->Queues;
        bool areLarge = _core.Producer.AreLarge(blocks);
        PageQueue* queue = areLarge ? queues->ForSized(Deallocators.NativeHeap) : &queues->Blocks;
        Amount amount = new(count, areLarge ? SizeOf(blocks) : 0);
        _core.BackPressure.RequireRoom(real, amount); // Whatever may refuse the bulk comes first.
        _core.Queues.Ledger?.AddAll(queue->Channel, blocks, _core.Findings);
        Outcome outcome = Outcome.Refused;
        int pages = 0;
        try
        {
            outcome = Append(queue, blocks, count, ref pages);
        }
        finally
        {
            if (outcome == Outcome.Refused)
            {
                _core.Queues.Ledger?.RemoveAll(blocks);
            }
        }

        // O9 (nothing sleeps on work): for what was appended, even if a changed span ended the append half-way.
        _core.Producer.WakeIfIdle();
        Require(outcome);
        for (; pages > 0; pages--)
        {
            _core.Collector.Collect(queue);
        }

        if (areLarge)
        {
            _core.Collector.TryCountBytes(queue);
        }

        _core.BackPressure.Throttle(real, amount);
    }

    /// <summary>How many further pages take this many blocks when the open page has room for some. In 64 bits: the
    /// largest span holds as many blocks as an <see cref="int"/> counts.</summary>
    internal static int PagesFor(int count, int room, int pageEntries) =>
        (int)(Math.Max(0L, (long)count - room + pageEntries - 1) / pageEntries);

    private static int RoomIn(PageQueue* queue) =>
        Page.HasNoRoom(queue->Cursor) ? 0 : Page.Words - Page.IndexOf(queue->Cursor);

    // Pages are taken under no lock (O8). Code of the program may run on this thread meanwhile, as a first-chance
    // handler does, and queue too. So whether they are enough is asked again under the lock.
    private Outcome Append(PageQueue* queue, ReadOnlySpan<nint> blocks, int count, ref int pages)
    {
        Page* spare = null;
        try
        {
            while (true)
            {
                TakePages(MissingPages(queue, count), ref pages, ref spare);
                using TryLock.Holder holder = TryLock.Hold(ref queue->Lock);
                if (MissingPages(queue, count) > pages)
                {
                    continue;
                }

                _core.Listing.List(&queue->Append); // From here on nothing throws: the caller wakes the reclaimer.
                if (_core.IsDisposed)
                {
                    return Outcome.Refused;
                }

                return TryAppendAll(queue, blocks, ref spare) ? Outcome.Appended : Outcome.Changed;
            }
        }
        finally
        {
            GivePages(spare);
        }
    }

    private int MissingPages(PageQueue* queue, int count) =>
        PagesFor(count, RoomIn(queue), queue->EntriesPerPage(_core.Queues));

    private bool TryAppendAll(PageQueue* queue, ReadOnlySpan<nint> blocks, ref Page* spare)
    {
        foreach (nint block in blocks)
        {
            if (block != 0 && !TryAppend(queue, block))
            {
                _core.Backlog.Items.Add(_core.Collector.StampFullPage(queue));
                if (spare == null)
                {
                    return false;
                }

                Page* page = spare;
                spare = page->Next;
                page->Next = null;
                queue->Extend(_core.Queues, page);
                TryAppend(queue, block);
            }
        }

        return true;
    }

    private static bool TryAppend(PageQueue* queue, nint block)
    {
        if (queue->IsSized && !Page.HasNoRoom(queue->Cursor))
        {
            QueueBytes.Add(queue, SizeOf(block));
        }

        return Producer.TryAppend(queue, (void*)block);
    }

    private static long SizeOf(nint block) => (long)BlockSize.Of(Deallocators.NativeHeap, (void*)block);

    private static long SizeOf(ReadOnlySpan<nint> blocks)
    {
        long bytes = 0;
        foreach (nint block in blocks)
        {
            bytes += block == 0 ? 0 : SizeOf(block);
        }

        return bytes;
    }

    private void TakePages(int needed, ref int pages, ref Page* spare)
    {
        for (; pages < needed; pages++)
        {
            Page* page = _core.Queues.Pages.Take();
            page->Next = spare;
            spare = page;
        }
    }

    private void GivePages(Page* page)
    {
        while (page != null)
        {
            Page* next = page->Next;
            _core.Queues.Pages.Give(page);
            page = next;
        }
    }

    private void Require(Outcome outcome)
    {
        switch (outcome)
        {
            case Outcome.Refused:
                _core.ThrowDisposed();
                break;
            case Outcome.Changed:
                ThrowChanged();
                break;
        }
    }

    // Another thread has put more blocks into the span since they were counted. What was appended stays queued.
    [DoesNotReturn]
    private static void ThrowChanged() =>
        throw new InvalidOperationException("The blocks were changed by another thread while they were queued.");

    private enum Outcome
    {
        Refused,
        Appended,

        /// <summary>Some are queued.</summary>
        Changed,
    }
}
