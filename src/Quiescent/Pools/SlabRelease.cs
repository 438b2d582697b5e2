using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Queues;
using Quiescent.Reclamation;

namespace Quiescent.Pools;

// How slabs that have left the depot go back to the system.
//
// P4 (a slab leaves whole)  The slabs of a type-safe pool wait for one grace period more, as heads of its domain: a
//     reader that found a block of a slab before the last of its blocks was freed may still read the slab.
internal sealed unsafe class SlabRelease(DomainCore core, Depot depot, bool isTypesafe)
{
    /// <summary>Releases slabs that are linked by Next.</summary>
    /// <param name="slab">The first; null for none.</param>
    /// <param name="isUnderLock">The caller holds a queue's lock.</param>
    public void Release(Slab* slab, bool isUnderLock)
    {
        while (slab != null)
        {
            Slab* next = slab->Next;
            if (!isTypesafe)
            {
                NativeMemory.AlignedFree(slab);
            }
            else
            {
                nint word = HeadWord.OfOffset(slab, &slab->Head, Deallocators.AlignedNativeHeap);
                slab->Head.Word = word;
                if (!core.Producer.TryPushShared(&slab->Head, word, isUnderLock))
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
            NativeMemory.AlignedFree(slab);
        }
        else
        {
            depot.PutBack(slab); // Until the pool's disposal. A dropped pool's slab stays for ever.
        }
    }
}
