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
    private static AddressRanges<Own>? s_live;
    private static Own? s_oldest;
    private static Own? s_newest;
    private static int s_closed;
    private static int s_gate;

    /// <summary>A zeroed block that ends, to a multiple of 16 bytes, where its pages end.</summary>
    /// <param name="bytes">How many bytes.</param>
    /// <returns>The block.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public static void* Alloc(nuint bytes)
    {
        nuint aligned = checked(bytes + 15) & ~(nuint)15;
        nuint length = GuardedPages.LengthFor(aligned);
        AddressRanges<Own> live = Order.Acquire(in s_live) ?? Once.Keep(ref s_live, new());
        Own own = new(length);
        own.Pages = GuardedPages.Map(length);
        byte* block;
        try
        {
            block = own.Pages + (length - aligned);
            own.Piece = new AddressRanges<Own>.Piece((nint)block, 1, own);
        }
        catch
        {
            GuardedPages.Unmap(own.Pages, length);
            throw;
        }

        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        live.Add(own.Piece!);
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

        if (TakeLive(block) is not { } own)
        {
            throw new ArgumentException($"No live block of this heap begins at 0x{(nint)block:x}.", nameof(block));
        }

        // SAFETY: of both: the pages belong to this block alone.
        GuardedPages.Close(own.Pages, own.Length);
        if (Keep(own) is { } oldest)
        {
            GuardedPages.Unmap(oldest.Pages, oldest.Length);
        }
    }

    private static Own? TakeLive(void* block)
    {
        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        Own? own = null;
        s_live?.Remove((nint)block, out own);
        return own;
    }

    // Keeps the addresses from use. Returns those that have been kept for long enough.
    private static Own? Keep(Own own)
    {
        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        if (s_newest is null)
        {
            s_oldest = own;
        }
        else
        {
            s_newest.Newer = own;
        }

        s_newest = own;
        if (++s_closed <= ClosedBlocks)
        {
            return null;
        }

        s_closed--;
        Own oldest = s_oldest!;
        s_oldest = oldest.Newer;
        return oldest;
    }

    // A block's pages.
    private sealed class Own(nuint length)
    {
        public byte* Pages { get; set; }

        public nuint Length => length;

        public AddressRanges<Own>.Piece? Piece { get; set; }

        public Own? Newer { get; set; }
    }
}
