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
// O1 (announced before read)  A section reads Index, adds one to Locks of that set with an interlocked operation [P],
//     then does its loads. A scan sums all Unlocks of a set, fences [Q], sums all Locks of the set, and calls the set
//     empty when the sums agree. The scan comes after the full fence of Start(), and the unlinks that the grace period
//     covers come before that fence. Outcomes for a section and a scan of its set:
//       - the scan's sum of Locks does not include the section: then the section's loads, behind [P], come after the
//         scan's, behind [Q], and see every unlink. The grace period need not wait for the section. This rests on the
//         platform's promise that an interlocked operation is a full fence, its own store included.
//       - the sum includes the section: then the sums agree only if they include its Unlock too, or by mistake. A
//         mistake needs an Unlock in one sum whose Lock is not in the other. But the scan sums Unlocks first, and if it
//         sees an Unlock before [Q], it sees the Lock after [Q], since the section's own interlocked operations are in
//         that order, on whichever threads. So Unlocks never exceed Locks, section by section.
//     Example: one section of a set is open (Locks 1, Unlocks 0), and a second begins and ends during the scan. Unlocks
//     first: the scan reads Unlocks 0 or 1. If 0, it reads Locks 1 or 2; if 1, it reads Locks 2, as the second
//     section's Lock came before its Unlock. The sums never agree. Locks first: it might read Locks 1, then Unlocks 1,
//     and call the set empty while the first section is open.
//     Both scans are needed, since a section may read Index and be held up before [P] for as long as it likes. It then
//     counts in a set that is no longer the one in use. A grace period of one flip and one scan would wait for the set
//     that was in use. It would end under a section that was held up across the previous flip, began long ago, and sits
//     in the other set. So a grace period empties the set not in use, makes it the one in use, then empties the other.
//     A section that began before the grace period did (its Lock was visible at Start) sits in one of the two sets, and
//     each is scanned once after Start.
//     New sections do not keep the first scan waiting, except those that read Index before the flip of the last grace
//     period; nor the second, except those that read Index before this flip [S]. So grace periods end although sections
//     come without pause.
// O2 (read before ended)  A section's loads come before the interlocked operations of its release, and these before the
//     acquire loads with which the scan sums Unlocks. A thread that ends a section begun on another has received the
//     lock from that other thread, by a hand-over that orders the two.
// O3, O4 (unlinked before started, wrap-around)  GracePeriodEngine.cs meets both.
//
// Counts have 64 bits and do not wrap.
//
// Checked by: srcu.pml; StripeScanTests, TicketTests; systematic StripeScanTests; litmus store-buffer/sleepable;
// mutants sleepable-….
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

            // [R] Orders the scan's sums before the flip: no section that reads the flipped Index is in them.
            Order.Fence();
            stripes.Flip();

            // [S] partner: [P]. A thread whose Unlock the next scan misses reads the flipped Index when it begins its
            // next section.
            Order.Fence();
            _flipped = true;
        }

        return IsEmpty();
    }

    public override ScanPlace? Place => new ScanPlace(UnusedIndex, Target: 0);

    public override ReaderIdentity? FindReader(ScanPlace place) => tickets.FindOpen(stripes, place.Index);

    private unsafe int UnusedIndex => Stripes.Index(stripes.Memory) ^ 1;

    private bool IsEmpty()
    {
        int index = UnusedIndex;
        long unlocks = stripes.Sum(index, ofUnlocks: true);
        Order.Fence(); // [Q] partner: [P] in SleepableSection.cs; outcomes above at O1.
        return unlocks == stripes.Sum(index, ofUnlocks: false);
    }
}
