using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Queues;
using Quiescent.Reclamation;

namespace Quiescent.Pools;

// How slabs that have left the depot go back to the system.
//
// P4 (a slab leaves whole)  The slabs of a type-safe pool wait for one grace period more, as heads of its domain: a
//     reader that found a block of a slab before the last of its blocks was freed may still read the slab.
// O8 (no user code under a lock)  To queue a head may start the reclaimer, which takes memory. Blocks of a type-safe
//     pool come back at once, never out of a queue whose lock is held, so no head is queued under that lock.
internal sealed unsafe class SlabRelease(DomainCore core, Depot depot, long slabBytes, bool isTypesafe)
{
    /// <summary>Releases slabs that are linked by Next.</summary>
    public void Release(Slab* slab)
    {
        while (slab != null)
        {
            Slab* next = slab->Next;
            if (!isTypesafe)
            {
                Free(slab);
            }
            else
            {
                nint word = HeadWord.OfOffset(slab, &slab->Head, Deallocators.AlignedNativeHeap);
                slab->Head.Word = word;
                if (core.Producer.TryPushShared(&slab->Head, word))
                {
                    MemoryPressure.Remove(slabBytes); // Nobody hears of its end.
                }
                else
                {
                    ReleaseAfterDomain(slab);
                }
            }

            slab = next;
        }
    }

    // A disposed domain takes no heads. Unless a section is still open, this thread can drive a grace period itself.
    private void ReleaseAfterDomain(Slab* slab)
    {
        if (core.Engine.TryAdvance(core.Engine.NextTarget()))
        {
            Free(slab);
        }
        else
        {
            depot.PutBack(slab); // Until the pool's disposal. A dropped pool's slab stays for ever.
        }
    }

    private void Free(Slab* slab)
    {
        NativeMemory.AlignedFree(slab);
        MemoryPressure.Remove(slabBytes);
    }
}
