using System.Diagnostics.CodeAnalysis;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;

namespace Quiescent.Reclamation;

// Queues many blocks at once, all or none (kvfree_rcu_bulk).
//
// O11 (disposal)  The owner takes pages before it appends anything, and appends under the consumer's lock. Dispose
//     takes that lock after setting Disposed, so either it finds all of the bulk, or the owner finds Disposed and
//     appends nothing. No single entry needs to be withdrawn.
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

        RequireRoom(real, count);
        PageQueue* queue = &((ThreadQueues*)real->Queues)->Blocks;
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
        _core.Producer.WakeAndCheckDisposed();

        Require(outcome);
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

    // Pages are taken under no lock (O8). Code of the program may run on this thread meanwhile (a first-chance handler,
    // or whatever runs in a wait), and queue too. So whether they are enough is asked again under the lock.
    private Outcome Append(PageQueue* queue, ReadOnlySpan<nint> blocks, int count, ref int pages)
    {
        Page* spare = null;
        try
        {
            while (true)
            {
                TakePages(PagesFor(count, RoomIn(queue), _core.Queues.PageEntries), ref pages, ref spare);
                using TryLock.Holder holder = TryLock.Hold(ref queue->Lock);
                if (_core.IsDisposed)
                {
                    return Outcome.Refused;
                }

                if (PagesFor(count, RoomIn(queue), _core.Queues.PageEntries) <= pages)
                {
                    return TryAppendAll(queue, blocks, ref spare) ? Outcome.Appended : Outcome.Changed;
                }
            }
        }
        finally
        {
            GivePages(spare);
        }
    }

    private bool TryAppendAll(PageQueue* queue, ReadOnlySpan<nint> blocks, ref Page* spare)
    {
        foreach (nint block in blocks)
        {
            if (block != 0 && !Producer.TryAppend(queue, (void*)block))
            {
                _core.Collector.StampFullPage(queue);
                if (spare == null)
                {
                    return false;
                }

                Page* page = spare;
                spare = page->Next;
                page->Next = null;
                queue->Extend(_core.Queues, page);
                Producer.TryAppend(queue, (void*)block);
            }
        }

        return true;
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
