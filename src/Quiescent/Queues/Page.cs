using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Quiescent.Tuning;

namespace Quiescent.Queues;

// A page of block pointers: 4 KiB, aligned to its size. One address therefore names a page and a place in it, and an
// address whose low bits are zero says "full" (or, when null, "none").
//
//     word 0..3   header: next page, stamp, base, batch
//     word 4..511 entries, filled upwards; a small backlog limit starts them further up (smaller pages)
//
// Where each block has a size of its own, entries start in the upper half, and the size of the entry in word i stands
// in word i - 256.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Page
{
    public const int Bytes = PageBytes;
    public const int Words = Bytes / 8;
    public const int HeaderWords = 4;
    public const int Entries = Words - HeaderWords;

    /// <summary>The entries of a page that holds their sizes too.</summary>
    public const int SizedEntries = Entries - SizeDistance;

    private const int SizeDistance = Words / 2;

    /// <summary>The page filled after this one; set once, by the queue's owner.</summary>
    public Page* Next;

    /// <summary>The grace period that covers all entries, with its lowest bit set; 0 until the page is full and
    /// stamped.</summary>
    public ulong Stamp;

    /// <summary>An entry's position in the queue, less its word in the page. The same for all entries.</summary>
    public long Base;

    /// <summary>The batch that the page's memory is part of, for the page's whole life.</summary>
    public PageBatch* Batch;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasNoRoom(nint* cursor) => ((nint)cursor & (Bytes - 1)) == 0;

    /// <summary>Whether there is no room, or the owner's collection is due (every <see cref="EntriesPerCollection"/>
    /// blocks), in one test.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCollectionDue(nint* cursor) =>
        ((nint)cursor & ((EntriesPerCollection * sizeof(nint)) - 1)) == 0;

    /// <summary>The page that a cursor stands in; a full page's cursor stands at its end.</summary>
    public static Page* Of(nint* cursor) => (Page*)((nint)(cursor - 1) & ~(nint)(Bytes - 1));

    public void Clear()
    {
        Next = null;
        Stamp = 0;
        Base = 0;
    }

    /// <summary>Where the size of an entry stands, in a page that has sizes.</summary>
    public static long* SizeOf(nint* entry) => (long*)(entry - SizeDistance);

    public static nint* EntryAt(Page* page, int index) => (nint*)page + index;

    public static int IndexOf(nint* cursor) => (int)(cursor - (nint*)Of(cursor));
}
