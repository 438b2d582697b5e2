using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Readers;
using static Quiescent.Tuning;

namespace Quiescent.Queues;

// A domain's spare pages. Used once per page, not per block.
//
// Pages come in batches (PageBatch.cs), which grow with the number of pages that there are: a domain that frees little
// has one page. A page is taken from the batch that one was given back to last, whose lines are warm; so batches that
// are in use fill up before others, and those others go back to the system whole. A batch with one page in use stays:
// what is held is at most PagesPerBatch times what is in use.
//
// The pool has no finalizer of its own: it would run before or after that of the slot table, whose queues give their
// last pages back. The table's finalizer ends the pool too.
internal sealed unsafe class PagePool : IQueueMemory
{
    // The batches with a spare page: the one given back to last comes first.
    private PageBatch* _batches;
    private int _spareCount;
    private int _pages;
    private int _lock;
    private long _inUse;

    public long InUse => Order.Acquire(in _inUse);

    /// <summary>Pages that the pool holds memory for, in use or spare.</summary>
    public int Pages => Order.Acquire(in _pages);

    /// <summary>A page with a cleared header.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for one; nothing has changed.</exception>
    public Page* Take()
    {
        FaultInjection.ThrowIfDue(FaultSite.Page);
        TryLock.Enter(ref _lock);
        Page* page = _batches == null ? null : TakeFrom(_batches);
        TryLock.Exit(ref _lock);
        if (page == null)
        {
            page = TakeFromNew();
        }

        page->Clear();
        return page;
    }

    public void Give(Page* page)
    {
        TryLock.Enter(ref _lock);
        Debug.Assert(_inUse > 0, "O7: a page is given back once.");
        Order.Release(ref _inUse, _inUse - 1);
        PageBatch* batch = page->Batch;
        if (batch->SpareCount != 0)
        {
            Unlink(batch);
        }

        PageBatch.Put(page);
        _spareCount++;
        bool keep = !batch->IsWhole || _spareCount - batch->Count < MaxSparePages;
        if (keep)
        {
            Link(batch);
        }
        else
        {
            Forget(batch);
        }

        TryLock.Exit(ref _lock);
        if (!keep)
        {
            PageBatch.Free(batch);
        }
    }

    void IQueueMemory.Prepare(void* queues, int slot) => ThreadQueues.Prepare(queues, slot);

    void IQueueMemory.FreeOwned(void* queues) => ((ThreadQueues*)queues)->FreeOwned(this);

    void IQueueMemory.FreeRest() => Trim();

    /// <summary>Returns the spare pages of whole batches to the system.</summary>
    public void Trim()
    {
        PageBatch* whole = null;
        TryLock.Enter(ref _lock);
        for (PageBatch* batch = _batches; batch != null;)
        {
            PageBatch* next = batch->Next;
            if (batch->IsWhole)
            {
                Unlink(batch);
                Forget(batch);
                batch->Next = whole;
                whole = batch;
            }

            batch = next;
        }

        TryLock.Exit(ref _lock);
        while (whole != null)
        {
            PageBatch* next = whole->Next;
            PageBatch.Free(whole);
            whole = next;
        }
    }

    // Allocates with no lock held.
    private Page* TakeFromNew()
    {
        PageBatch* batch = PageBatch.Create(Math.Clamp(Pages, 1, PagesPerBatch));
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        _pages += batch->Count;
        _spareCount += batch->Count;
        Link(batch);
        return TakeFrom(batch);
    }

    private Page* TakeFrom(PageBatch* batch)
    {
        Page* page = PageBatch.Take(batch);
        Order.Release(ref _inUse, _inUse + 1);
        _spareCount--;
        if (batch->SpareCount == 0)
        {
            Unlink(batch);
        }

        return page;
    }

    private void Forget(PageBatch* batch)
    {
        _spareCount -= batch->Count;
        _pages -= batch->Count;
    }

    private void Link(PageBatch* batch)
    {
        batch->Previous = null;
        batch->Next = _batches;
        if (_batches != null)
        {
            _batches->Previous = batch;
        }

        _batches = batch;
    }

    private void Unlink(PageBatch* batch)
    {
        if (batch->Next != null)
        {
            batch->Next->Previous = batch->Previous;
        }

        if (batch->Previous == null)
        {
            _batches = batch->Next;
        }
        else
        {
            batch->Previous->Next = batch->Next;
        }
    }
}
