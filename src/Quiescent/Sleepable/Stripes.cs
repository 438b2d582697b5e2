using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.ConstrainedExecution;
using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Sleepable;

// Where the sections of a sleepable domain are counted: two sets of counters, in as many stripes as there are
// processors (rounded up to a power of two), each stripe on cache lines of its own. A section adds one to Locks of the
// set that Index names, and later one to Unlocks beside it, whichever thread ends it. No thread is registered, and the
// number of counters that a grace period reads does not grow with threads or sections.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct SectionCounts
{
    public const int Bytes = 16;

    [FieldOffset(0)]
    public long Locks;

    [FieldOffset(8)]
    public long Unlocks;
}

// The memory of one domain's counters: a stripe's worth for Index, then the stripes.
//
// O5 (slot visible before use)  Only the finalizer frees the memory. Nobody can use it then: sections begin, and grace
// periods are driven, through the domain, whose methods keep it until their last access here (GC.KeepAlive). A
// finalizer of the program may still reach the domain, so the handle _core has to be empty: as for the slots
// (Readers/SlotTable.cs). A section that is still open refers to the counters alone. Its end is counted in its last
// access to them. OpenSections misses none: what was begun when the collector stopped the threads is visible to the
// finalizer, and nothing can begin without the domain.
internal sealed unsafe class Stripes : CriticalFinalizerObject
{
    private const int Stride = 128;

    private readonly int _count;
    private WeakHandle _core;

    /// <exception cref="OutOfMemoryException">There is no memory for the counters.</exception>
    public Stripes()
    {
        _count = (int)BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount);
        nuint bytes = (nuint)(_count + 1) * Stride;

        // SAFETY: freed by the finalizer; all-zero means that no section is open.
        Memory = (byte*)NativeMemory.AlignedAlloc(bytes, Stride);
        NativeMemory.Clear(Memory, bytes);
        Mask = _count - 1;
    }

    ~Stripes()
    {
        if (Memory == null)
        {
            return; // The constructor found no memory.
        }

        if (_core.IsReachable || OpenSections != 0)
        {
            GC.ReRegisterForFinalize(this);
            return;
        }

        _core.Free();
        NativeMemory.AlignedFree(Memory);
        Memory = null;
    }

    /// <summary>Null once it is freed.</summary>
    public byte* Memory { get; private set; }

    public int Mask { get; }

    /// <summary>Makes the counters a domain's: their memory is not freed before the domain's core.</summary>
    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public void BelongTo(object core) => _core.Follow(core);

    /// <summary>About how many sections are open: those that begin or end during the call may count or not.</summary>
    public long OpenSections
    {
        get
        {
            long unlocks = Sum(0, ofUnlocks: true) + Sum(1, ofUnlocks: true);
            Order.Fence();
            return Sum(0, ofUnlocks: false) + Sum(1, ofUnlocks: false) - unlocks;
        }
    }

    /// <summary>The set of counters that a section uses if it begins now: the lowest bit of Index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Index(byte* memory) => Order.Acquire((int*)memory) & 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SectionCounts* Counts(byte* memory, int stripe, int index) =>
        (SectionCounts*)(memory + ((nint)(stripe + 1) * Stride) + (index * SectionCounts.Bytes));

    /// <summary>Whether these are counters of this domain.</summary>
    public bool Contain(SectionCounts* counts) =>
        (nuint)((byte*)counts - Memory) < (nuint)(_count + 1) * Stride;

    /// <summary>The set that these counters belong to.</summary>
    public static int IndexOf(SectionCounts* counts) => (int)((nint)counts / SectionCounts.Bytes) & 1;

    /// <summary>Makes the sections that begin after this use the other set.</summary>
    public void Flip() => Order.Release(ref *(int*)Memory, *(int*)Memory + 1);

    public long Sum(int index, bool ofUnlocks)
    {
        long sum = 0;
        for (int stripe = 0; stripe < _count; stripe++)
        {
            SectionCounts* counts = Counts(Memory, stripe, index);
            sum += ofUnlocks ? Order.Acquire(in counts->Unlocks) : Order.Acquire(in counts->Locks);
        }

        GC.KeepAlive(this);
        return sum;
    }
}
