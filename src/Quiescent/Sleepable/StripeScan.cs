using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Sleepable;

// Waits for the sections counted in stripes (synchronize_srcu). Why it is right:
//
//            Begin                  set not in use is empty             set not in use is empty
//     idle ─────────► emptying the ─────────────────────────► flipped: ─────────────────────────► done
//                     leftover set       [R] Flip [S]         emptying the old set
//
// O1  A section reads Index, adds one to Locks of that set with an interlocked operation [P], then does its loads. A
//     scan sums all Unlocks of a set, fences [Q], sums all Locks of the set, and calls it empty when the sums agree.
//     The scan comes after the full fence of Start(), before which lie the unlinks that the grace period covers. For a
//     section and a scan of its set: either the scan's sum of Locks includes the section; or it does not, then the
//     section's loads, behind [P], come after the scan's, behind [Q], and see every unlink: the grace period need not
//     wait for it. That rests on the platform's promise that an interlocked operation is a full fence, its own store
//     included. Where it is included, its Unlock must be too if the sums are to agree. They can agree by mistake only
//     if an Unlock was summed whose Lock was not: but Unlocks are summed first, and an Unlock seen before [Q] has its
//     Lock seen after it, as the section's own interlocked operations are in that order, on whichever threads. So
//     Unlocks never exceed Locks, section by section. Both scans are needed, since a section may read Index and be held
//     up before [P] for as long as it likes. It then counts in a set that is no longer the one in use. A grace period
//     with a flip and one scan would wait for the set that was in use, and end under a section that was held up across
//     the flip before, began long ago, and sits in the other. So the set not in use is emptied first, then made the one
//     in use, then the other emptied. A section that began before the grace period did (its Lock was visible at Start)
//     sits in one of the two sets, and each is scanned once after Start. New sections do not keep the first scan
//     waiting but for those that read Index before the flip of the last grace period; and not the second, but for those
//     that read Index before this flip [S]: so grace periods end while sections come without pause.
// O2  A section's loads come before the interlocked operations of its release, they before the acquire with which the
//     scan sums Unlocks. Whoever ends a section on another thread has got the lock from the one that began it, with an
//     ordering of its own.
// O3, O4  The engine's.
//
// Counts are of 64 bits and do not wrap.
internal sealed class StripeScan(Stripes stripes, TicketStore tickets) : ReaderScan
{
    private bool _flipped;

    public override long? OpenSections => stripes.OpenSections;

    public override void Begin() => _flipped = false; // The exchange in Start() is the fence before the first sum.

    public override bool Scan(ulong target)
    {
        if (!_flipped)
        {
            if (!IsEmpty())
            {
                return false;
            }

            // [R] No section that this scan missed in the other set is older than the flip as others see it.
            Order.Fence();
            stripes.Flip();

            // [S] partner: [P]. Whose Unlock the next scan misses reads the flipped Index when it begins its next
            // section.
            Order.Fence();
            _flipped = true;
        }

        return IsEmpty();
    }

    public override unsafe ReaderIdentity? FindReaderInTheWay() => tickets.FindOpen(stripes, UnusedIndex);

    private unsafe int UnusedIndex => Stripes.Index(stripes.Memory) ^ 1;

    private bool IsEmpty()
    {
        int index = UnusedIndex;
        long unlocks = stripes.Sum(index, ofUnlocks: true);
        Order.Fence(); // [Q] partner: [P] in SleepableSection.cs; outcomes above at O1.
        return unlocks == stripes.Sum(index, ofUnlocks: false);
    }
}
