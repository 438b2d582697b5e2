using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Quiescent.Queues;

// Some pages from one allocation. malloc gives a page that is aligned to its size twice its bytes; of sixteen together
// it loses one. Changed under the lock of the pool that made it, or by the finalizer's thread.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PageBatch
{
    /// <summary>Neighbours in the pool's list of batches that have a page to give.</summary>
    public PageBatch* Next;
    public PageBatch* Previous;

    /// <summary>Its pages that wait to be taken, last in first out.</summary>
    public Page* Spare;
    public int SpareCount;

    public int Count;

    /// <summary>The pool is gone, and the batch goes with its last page.</summary>
    public bool IsOrphan;

    private void* _memory;

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

    /// <summary>Puts back a page of a queue that is gone. Nobody uses the pool any more, which is gone too or will give
    /// the batch back.</summary>
    public static void PutLast(Page* page)
    {
        PageBatch* batch = page->Batch;
        Put(page);
        if (batch->IsOrphan && batch->IsWhole)
        {
            Free(batch);
        }
    }
}
