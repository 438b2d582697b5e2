using System.Diagnostics.CodeAnalysis;
using Quiescent.Ordering;
using Quiescent.Readers;
using static Quiescent.Ordering.Tuning;

namespace Quiescent.Reclamation;

// Producer many blocks at once, all or none. Pages are taken before anything is appended, and the append is done under the
// consumer's lock: whoever disposes of the domain takes that lock after setting Disposed, so it either finds all of the bulk or the
// bulk finds Disposed (O11). No single entry needs to be withdrawn.
internal sealed unsafe partial class Producer
{
    /// <summary>All or nothing: pages are taken first, and the append is done under the consumer's lock.</summary>
    public void FreeBulk(ReaderSlot* slot, ReadOnlySpan<nint> blocks)
    {
        ReaderSlot* real = RequireSlot(slot);
        int count = blocks.Length - blocks.Count(0);
        if (count == 0)
        {
            return;
        }

        PageQueue* queue = &((ThreadQueues*)real->Queues)->Blocks;
        nint* cursor = queue->Cursor;
        int room = Page.HasNoRoom(cursor) ? 0 : Page.Words - Page.IndexOf(cursor);
        int pages = Math.Max(0, count - room + context.PageEntries - 1) / context.PageEntries;
        if (context.Backlog.Policy == BacklogPolicy.Throw)
        {
            ApplyBackPressure(real, count);
        }

        for (int i = Math.Min(pages, MaxPausesPerBulk); i > 0; i--)
        {
            ApplyBackPressure(real, 0);
        }

        Page* spare = TakePages(pages);
        bool appended = false;
        try
        {
            context.Ledger?.AddAll(queue->Channel, blocks, context.Findings);
            using TryLock.Holder holder = TryLock.Hold(ref queue->Lock);
            if (!context.IsDisposed)
            {
                AppendAll(queue, blocks, ref spare);
                appended = true;
            }
        }
        finally
        {
            GivePages(spare);
            WakeAndCheckDisposed(); // O9: for what was appended, though a changed span ended it half-way.
        }

        if (!appended)
        {
            context.Ledger?.RemoveAll(blocks);
            ThrowDisposed();
        }

        for (; pages > 0; pages--)
        {
            Collect(queue);
        }
    }

    private void AppendAll(PageQueue* queue, ReadOnlySpan<nint> blocks, ref Page* spare)
    {
        foreach (nint block in blocks)
        {
            if (block != 0 && !TryAppend(queue, (void*)block))
            {
                StampFullPage(queue);
                if (spare == null)
                {
                    ThrowChanged();
                }

                Page* page = spare;
                spare = page->Next;
                page->Next = null;
                PageQueue.Extend(queue, page, context.First);
                TryAppend(queue, (void*)block);
            }
        }
    }

    // Another thread has put more blocks into the span since they were counted. What was appended stays queued.
    [DoesNotReturn]
    private static void ThrowChanged() =>
        throw new InvalidOperationException("The blocks were changed by another thread while they were queued.");

    private Page* TakePages(int count)
    {
        Page* taken = null;
        try
        {
            for (; count > 0; count--)
            {
                Page* page = context.Pool.Take();
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
            context.Pool.Give(page);
            page = next;
        }
    }
}
