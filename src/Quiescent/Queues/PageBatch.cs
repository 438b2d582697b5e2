using System.Diagnostics;
using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Queues;

// Some pages from one allocation. malloc gives a page that is aligned to its size twice its bytes; of sixteen together
// it loses one. Changed under the lock of the pool that made it.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PageBatch
{
    private static long s_allocated;

    /// <summary>Neighbours in the pool's list of batches that have a page to give.</summary>
    public PageBatch* Next;
    public PageBatch* Previous;

    /// <summary>Its pages that wait to be taken, last in first out.</summary>
    public Page* Spare;
    public int SpareCount;

    public int Count;

    private void* _memory;

    /// <summary>How many batches of the process have memory.</summary>
    public static long Allocated => Order.Acquire(in s_allocated);

    public readonly bool IsWhole => SpareCount == Count;

    /// <summary>A batch of so many pages, all of them spare.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    public static PageBatch* Create(int count)
    {
        // SAFETY: both are freed by Free.
        PageBatch* batch = (PageBatch*)NativeMemory.AllocZeroed((nuint)sizeof(PageBatch));
        try
        {
            batch->_memory = NativeMemory.AlignedAlloc((nuint)count * Page.Bytes, Page.Bytes);
        }
        catch (OutOfMemoryException)
        {
            NativeMemory.Free(batch);
            throw;
        }

        Order.Increment(ref s_allocated);
        batch->Count = count;
        for (int i = count - 1; i >= 0; i--)
        {
            Page* page = (Page*)((byte*)batch->_memory + ((nint)i * Page.Bytes));
            page->Batch = batch;
            Put(page);
        }

        return batch;
    }

    /// <summary>Gives the memory back; no page of it is in use.</summary>
    public static void Free(PageBatch* batch)
    {
        Debug.Assert(batch->IsWhole, "O7: no page is freed while it holds blocks.");
        NativeMemory.AlignedFree(batch->_memory);
        NativeMemory.Free(batch);
        Order.Add(ref s_allocated, -1);
    }

    /// <summary>Takes the page put back last.</summary>
    public static Page* Take(PageBatch* batch)
    {
        Page* page = batch->Spare;
        batch->Spare = page->Next;
        batch->SpareCount--;
        return page;
    }

    public static void Put(Page* page)
    {
        PageBatch* batch = page->Batch;
        page->Next = batch->Spare;
        batch->Spare = page;
        batch->SpareCount++;
        Debug.Assert(batch->SpareCount <= batch->Count, "O7: a page is given back once.");
    }
}
