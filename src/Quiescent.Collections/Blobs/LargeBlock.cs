using System.Runtime.InteropServices;
using Quiescent.Collections.Index;
using Quiescent.Ordering;

namespace Quiescent.Collections.Blobs;

// What lies ahead of an entry that is larger than any class: it is a block of its own, counts with its size among the
// bytes that wait for readers, and stands in a list, so that the map's end finds it.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LargeBlock
{
    private const nuint Alignment = 16;

    private RcuHead _head;
    private nint _memory; // The handle of the IndexMemory.
    private nuint _bytes;
    private LargeBlock* _previous;
    private LargeBlock* _next;

    public static BlobEntry* EntryOf(LargeBlock* block) => (BlobEntry*)(block + 1);

    public static LargeBlock* Of(BlobEntry* entry) => (LargeBlock*)entry - 1;

    public static LargeBlock* NextOf(LargeBlock* block) => block->_next;

    public static nuint BytesOf(LargeBlock* block) => block->_bytes;

    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public static LargeBlock* Allocate(nint memory, nuint entryBytes)
    {
        FaultInjection.ThrowIfDue(FaultSite.LargeBlock);
        nuint bytes = (nuint)sizeof(LargeBlock) + entryBytes;

        // SAFETY: freed by Release.
        LargeBlock* block = (LargeBlock*)NativeMemory.AlignedAlloc(bytes, Alignment);
        *block = new LargeBlock { _memory = memory, _bytes = bytes };
        return block;
    }

    /// <summary>Frees a block that nobody sees.</summary>
    public static void Release(LargeBlock* block) => NativeMemory.AlignedFree(block);

    /// <summary>Frees a block after a grace period. False: the domain is disposed, and the block is the
    /// caller's.</summary>
    public static bool TryReleaseAfterReaders(LargeBlock* block, IndexMemory memory)
    {
        long bytes = (long)block->_bytes;
        memory.Enter();
        memory.Domain.Core.Backlog.Bytes.Hold(bytes);
        try
        {
            memory.Domain.Call(&block->_head, &TakeHome);
            return true;
        }
        catch (ObjectDisposedException)
        {
            memory.Domain.Core.Backlog.Bytes.Hold(-bytes);
            memory.Leave();
            return false;
        }
    }

    /// <summary>Puts the block at the head of a list. The caller has the list's lock.</summary>
    public static void Link(ref LargeBlock* first, LargeBlock* block)
    {
        block->_previous = null;
        block->_next = first;
        if (first != null)
        {
            first->_previous = block;
        }

        first = block;
    }

    /// <summary>Takes the block out of the list. The caller has the list's lock.</summary>
    public static void Unlink(ref LargeBlock* first, LargeBlock* block)
    {
        if (block->_next != null)
        {
            block->_next->_previous = block->_previous;
        }

        if (block->_previous != null)
        {
            block->_previous->_next = block->_next;
        }
        else
        {
            first = block->_next;
        }
    }

    /// <summary>Frees all blocks of a list that nobody sees.</summary>
    public static void ReleaseAll(LargeBlock* first)
    {
        while (first != null)
        {
            LargeBlock* next = first->_next;
            Release(first);
            first = next;
        }
    }

    private static void TakeHome(RcuHead* head)
    {
        LargeBlock* block = (LargeBlock*)head; // The head is its first field.
        IndexMemory memory = (IndexMemory)GCHandle.FromIntPtr(block->_memory).Target!;
        memory.Domain.Core.Backlog.Bytes.Hold(-(long)block->_bytes);
        Release(block);
        memory.Leave();
    }
}
