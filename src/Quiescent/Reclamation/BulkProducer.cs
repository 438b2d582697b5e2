using System.Diagnostics.CodeAnalysis;
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

        PageQueue* queue = &((ThreadQueues*)real->Queues)->Blocks;
        int pages = PagesFor(count, RoomIn(queue), _core.Queues.PageEntries);
        RequireRoom(real, count);
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

        if (_core.Backlog.Policy == BacklogPolicy.Throttle)
        {
            _core.BackPressure.Apply(real, count);
        }
    }

    /// <summary>How many further pages take this many blocks when the open page has room for some. In 64 bits: the
    /// largest span holds as many blocks as an <see cref="int"/> counts.</summary>
    internal static int PagesFor(int count, int room, int pageEntries) =>
        (int)(Math.Max(0L, (long)count - room + pageEntries - 1) / pageEntries);

    private static int RoomIn(PageQueue* queue) =>
        Page.HasNoRoom(queue->Cursor) ? 0 : Page.Words - Page.IndexOf(queue->Cursor);

    // Whatever may refuse the bulk, or hold it up without bound, comes before the append.
    private void RequireRoom(ReaderSlot* real, int count)
    {
        switch (_core.Backlog.Policy)
        {
            case BacklogPolicy.Throw:
                _core.BackPressure.Apply(real, queued: 0, about: count);
                break;
            case BacklogPolicy.Block:
                _core.BackPressure.Apply(real, queued: 0);
                break;
        }
    }

    private void AppendAll(PageQueue* queue, ReadOnlySpan<nint> blocks, ref Page* spare)
    {
        foreach (nint block in blocks)
        {
            if (block != 0 && !Producer.TryAppend(queue, (void*)block))
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
                Producer.TryAppend(queue, (void*)block);
            }
        }
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
