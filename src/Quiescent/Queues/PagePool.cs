using System.Diagnostics;
using System.Runtime.ConstrainedExecution;
using System.Runtime.InteropServices;
using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Queues;

// A domain's spare pages, last in first out while their lines are warm. Used once per page, not per block.
internal sealed unsafe class PagePool : CriticalFinalizerObject
{
    private Page* _spare;
    private int _spareCount;
    private int _lock;
    private long _inUse;

    ~PagePool()
    {
        Trim();
    }

    public long InUse => Order.Acquire(in _inUse);

    /// <summary>A page with a cleared header.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for one; nothing has changed.</exception>
    public Page* Take()
    {
        FaultInjection.ThrowIfDue(FaultSite.Page);
        TryLock.Enter(ref _lock);
        Page* page = _spare;
        if (page != null)
        {
            _spare = page->Next;
            _spareCount--;
        }

        TryLock.Exit(ref _lock);
        if (page == null)
        {
            // SAFETY: freed by Give, Trim or the queue's end, with AlignedFree.
            page = (Page*)NativeMemory.AlignedAlloc(Page.Bytes, Page.Bytes);
        }

        *page = default;
        Order.Increment(ref _inUse);
        return page;
    }

    public void Give(Page* page)
    {
        long inUse = Order.Add(ref _inUse, -1);
        Debug.Assert(inUse >= 0, "O7: a page is given back once.");
        TryLock.Enter(ref _lock);
        bool keep = _spareCount < MaxSparePages;
        if (keep)
        {
            page->Next = _spare;
            _spare = page;
            _spareCount++;
        }

        TryLock.Exit(ref _lock);
        if (!keep)
        {
            NativeMemory.AlignedFree(page);
        }
    }

    /// <summary>Returns all spare pages to the system.</summary>
    public void Trim()
    {
        TryLock.Enter(ref _lock);
        Page* page = _spare;
        _spare = null;
        _spareCount = 0;
        TryLock.Exit(ref _lock);
        while (page != null)
        {
            Page* next = page->Next;
            NativeMemory.AlignedFree(page);
            page = next;
        }
    }
}
