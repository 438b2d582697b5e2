using Quiescent.Ordering;
using Quiescent.Validate;
using static Quiescent.Tuning;

namespace Quiescent;

/// <summary>
/// For tests: a heap whose blocks have pages of their own. A freed block becomes inaccessible, so a reader that comes
/// too late faults at the instruction that reads, whether or not it went through the library. Allocate from it and free
/// with <c>Free&lt;PagedHeap&gt;</c>.
/// </summary>
/// <remarks>A block costs a page at least and two to three system calls. The addresses of the last 8,192 freed blocks
/// are not used again. It is no built-in deallocator: it runs on the domain's reclaimer, and
/// <see cref="GracePeriodDomain.BarrierCallbacks"/> waits for its blocks.</remarks>
public readonly unsafe struct PagedHeap : INativeDeallocator
{
    private static readonly Dictionary<nint, (nint Pages, nuint Length)> s_live = [];
    private static readonly Queue<(nint Pages, nuint Length)> s_closed = new();
    private static int s_gate;

    /// <summary>A zeroed block that ends, to a multiple of 16 bytes, where its pages end.</summary>
    /// <param name="bytes">How many bytes.</param>
    /// <returns>The block.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public static void* Alloc(nuint bytes)
    {
        nuint aligned = checked(bytes + 15) & ~(nuint)15;
        nuint length = GuardedPages.LengthFor(aligned);
        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        s_live.EnsureCapacity(s_live.Count + 1);
        s_closed.EnsureCapacity(s_closed.Count + 1);
        byte* pages = GuardedPages.Map(length);
        byte* block = pages + (length - aligned);
        s_live.Add((nint)block, ((nint)pages, length));
        return block;
    }

    /// <summary>Makes the block inaccessible until 8,192 more blocks have been freed. Null is ignored.</summary>
    /// <param name="block">A block that <see cref="Alloc"/> returned.</param>
    /// <exception cref="ArgumentException">It is no block of this heap, or was freed before.</exception>
    public static void Free(void* block)
    {
        if (block == null)
        {
            return;
        }

        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        if (!s_live.Remove((nint)block, out (nint Pages, nuint Length) own))
        {
            throw new ArgumentException($"No live block of this heap begins at 0x{(nint)block:x}.", nameof(block));
        }

        // SAFETY: of both: the pages belong to this block alone.
        GuardedPages.Close((byte*)own.Pages, own.Length);
        s_closed.Enqueue(own);
        if (s_closed.Count > ClosedBlocks)
        {
            own = s_closed.Dequeue();
            GuardedPages.Unmap((byte*)own.Pages, own.Length);
        }
    }
}
