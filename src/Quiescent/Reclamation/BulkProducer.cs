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
        int pages = PagesFor(count, RoomIn(queue), queue->EntriesPerPage(_core.Queues));
        _core.BackPressure.RequireRoom(real, amount); // Whatever may refuse the bulk comes first.
        Page* spare = TakePages(pages);
        bool appended = false;
        try
        {
            _core.Queues.Ledger?.AddAll(queue->Channel, blocks, _core.Findings);
            using TryLock.Holder holder = TryLock.Hold(ref queue->Lock);
            _core.Listing.List(&queue->Append);
            if (!_core.IsDisposed)
            {
                AppendAll(queue, blocks, ref spare);
                appended = true;
            }
        }
        finally
        {
            GivePages(spare);

            // O9 (nothing sleeps on work): for what was appended, even if a changed span ended the append half-way.
            _core.Producer.WakeIfIdle();
        }

        if (!appended)
        {
            _core.Queues.Ledger?.RemoveAll(blocks);
            _core.ThrowDisposed();
        }

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

    private void AppendAll(PageQueue* queue, ReadOnlySpan<nint> blocks, ref Page* spare)
    {
        foreach (nint block in blocks)
        {
            if (block != 0 && !TryAppend(queue, block))
            {
                _core.Collector.StampFullPage(queue);
                if (spare == null)
                {
                    ThrowChanged();
                }

                Page* page = spare;
                spare = page->Next;
                page->Next = null;
                queue->Extend(_core.Queues, page);
                TryAppend(queue, block);
            }
        }
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

    private Page* TakePages(int count)
    {
        Page* taken = null;
        try
        {
            for (; count > 0; count--)
            {
                Page* page = _core.Queues.Pages.Take();
                page->Next = taken;
                taken = page;
            }
        }
        catch
        {
            GivePages(taken);
            throw;
        }

        return taken;
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

    // Another thread has put more blocks into the span since they were counted. What was appended stays queued.
    [DoesNotReturn]
    private static void ThrowChanged() =>
        throw new InvalidOperationException("The blocks were changed by another thread while they were queued.");
}
