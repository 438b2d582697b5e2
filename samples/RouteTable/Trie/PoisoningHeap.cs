using System.Runtime.InteropServices;
using Quiescent;

namespace RouteTable.Trie;

/// <summary>
/// Frees nodes so that a reader who still holds one gives a wrong answer, and not a right one by luck or a crash: every
/// answer becomes <see cref="Route.Poison"/>, every child null, so that the walk ends here. The node then stays in
/// quarantine until 65,536 others have followed, so that the poison is still there when a late reader looks, and then
/// becomes a node again. The memory holds nodes throughout: whatever a reader finds in it can be followed.
/// </summary>
/// <remarks>
/// A user deallocator: the library calls <see cref="Free"/> on the domain's reclaimer thread only. The ring between it
/// and the updater needs no lock: an exchange makes the thread that took a block out of its place the only owner.
/// </remarks>
internal unsafe struct PoisoningHeap : INativeDeallocator
{
    private const int Quarantined = 1 << 16;
    private const int Places = 1 << 18;

    private static readonly nint[] s_ring = new nint[Places];
    private static long s_freed; // places used, as if the ring had no end
    private static long s_taken; // places emptied, by the updater only

    /// <summary>Nodes that have been freed so far.</summary>
    public static long Freed => Interlocked.Read(ref s_freed);

    public static void Free(void* block)
    {
        // SAFETY: only nodes are retired to this heap, and after their grace period nobody reads them.
        Node* node = (Node*)block;
        for (int i = 0; i < Node.Fanout; i++)
        {
            Entry* entry = Node.EntryAt(node, i);
            entry->Route = Route.Poison;
            entry->Child.Assign(null);
        }

        // A ring that the updater does not empty overflows: what lies in it longest goes back to the system.
        ref nint place = ref PlaceOf(Interlocked.Increment(ref s_freed));
        NativeMemory.Free((void*)Interlocked.Exchange(ref place, (nint)block));
    }

    /// <summary>The node that has been in quarantine longest, or a new one. For one updater at a time.</summary>
    public static Node* Allocate()
    {
        long freed = Interlocked.Read(ref s_freed);
        nint node = 0;
        if (freed - s_taken > Quarantined)
        {
            s_taken = Math.Max(s_taken, freed - Places) + 1;
            node = Interlocked.Exchange(ref PlaceOf(s_taken), 0);
        }

        return node != 0 ? (Node*)node : (Node*)NativeMemory.Alloc((nuint)sizeof(Node));
    }

    /// <summary>
    /// Gives the quarantine's memory back. For when no reader and no updater runs, and nothing waits.
    /// </summary>
    public static void Drain()
    {
        for (int i = 0; i < Places; i++)
        {
            // SAFETY: the exchange makes this call the block's only owner; free ignores null.
            NativeMemory.Free((void*)Interlocked.Exchange(ref s_ring[i], 0));
        }

        s_taken = Freed;
    }

    private static ref nint PlaceOf(long turn) => ref s_ring[turn & (Places - 1)];
}
