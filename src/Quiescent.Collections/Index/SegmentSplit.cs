using Quiescent.Memory;
using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// A segment with too many entries becomes two, while readers and writers go on:
//
//     1. claim the segment, make the directory deep enough, and two empty halves;
//     2. chain by chain: copy its entries to the half's two chains that take its range, lock it, look whether it is
//        still what was copied, and unlock it FORWARDED;
//     3. name the halves in the directory, and hand the segment over.
//
// A chain is in charge of its range until it is forwarded, then its two successors are (C3). Up to then nobody else
// reaches these, so they are written without a lock, and the copy can be dropped and made again. Hashing an entry may
// run the program's comparer, so it is done before the chain is locked (C4).
//
// A split that runs out of memory, or whose comparer throws, stops between two chains; the map is complete, with longer
// chains for a while. Whoever fills another bucket of this range goes on with it.
//
// Segments are filled evenly, so with one threshold they would all split at about the same time. The thresholds differ
// by up to twice the load.
internal static unsafe class SegmentSplit
{
    /// <summary>How often a chain is copied anew, before another thread's turn to do it.</summary>
    public const int MaxTries = 16;

    // How many of 256 chains have more than one bucket when a chain has 3.75, 4.1, 4.5, 4.9, 5.35, 5.85, 6.4 and 7
    // entries on average (Poisson).
    private static ReadOnlySpan<byte> Thresholds => [10, 15, 22, 32, 45, 62, 80, 103];

    /// <summary>Whether the segment has as many long chains as it may have.</summary>
    public static bool IsOverfull(Segment* segment)
    {
        ulong mixed = (segment->First + (uint)segment->Depth) * 0x9E37_79B9_7F4A_7C15;
        return Order.Acquire(&segment->Overflowed) >= Thresholds[(int)(mixed >> 61)];
    }

    /// <summary>Splits the segment in charge of the hash if it is overfull, or goes on with what was begun. Never
    /// fails: it can be tried again.</summary>
    public static void TrySplit(IndexTable table, ulong hash)
    {
        try
        {
            using ReadGuard guard = table.Memory.Domain.ReadLock();
            ulong word = table.Directory.WordFor(hash);
            if (word == 0)
            {
                return;
            }

            if (SegmentMerge.IsBegun(SegmentWord.SegmentOf(word)))
            {
                SegmentMerge.TryMerge(table, hash);
                return;
            }

            using SegmentClaim claim = SegmentClaim.TryTake(SegmentWord.SegmentOf(word));
            if (claim.IsTaken && table.Directory.WordFor(hash) == word)
            {
                Split(table, SegmentWord.SegmentOf(word));
            }
        }
        catch (Exception)
        {
            // No memory, or the program's comparer threw. The split goes on when the next bucket is full.
        }
    }

    private static void Split(IndexTable table, Segment* segment)
    {
        if (segment->Lower == 0)
        {
            if (!IsOverfullNow(segment) || !table.MayHaveDepth(segment->Depth + 1))
            {
                return;
            }

            MakeHalves(table, segment);
        }
        else if (SegmentMerge.IsBegun(segment))
        {
            return;
        }

        while (segment->Forwarded < Segment.Buckets)
        {
            if (!TryMoveChain(table, segment, segment->Forwarded))
            {
                return; // Its writers are faster. The next one that finds it so goes on.
            }

            segment->Forwarded++;
        }

        Finish(table, segment);
    }

    // Overflowed counts chains that have ever been long. Before that leads to a split, they are counted again.
    private static bool IsOverfullNow(Segment* segment)
    {
        if (IsOverfull(segment))
        {
            int overflowed = 0;
            ChainSlots slots = new(stackalloc ulong[ChainSlots.UsualLength]);
            for (int i = 0; i < Segment.Buckets; i++)
            {
                slots.Read(Segment.BucketAt(segment, i));
                overflowed += slots.Slots.Length > Bucket.Slots ? 1 : 0;
            }

            Order.Release(ref segment->Overflowed, overflowed);
        }

        return IsOverfull(segment);
    }

    private static void MakeHalves(IndexTable table, Segment* segment)
    {
        int depth = segment->Depth + 1;
        Segment* lower = table.Memory.RentSegment(segment->First, depth);
        try
        {
            Segment* upper = table.Memory.RentSegment(segment->First | (1UL << (64 - depth)), depth);
            Order.Release(&segment->Upper, SegmentWord.Of(upper));
            Order.Release(&segment->Lower, SegmentWord.Of(lower));
        }
        catch
        {
            table.Memory.ReturnSegment(lower);
            throw;
        }

        table.Counts.AddSegments(2);
    }

    private static bool TryMoveChain(IndexTable table, Segment* segment, int index)
    {
        Bucket* first = Segment.BucketAt(segment, index);
        Segment* half = SegmentWord.SegmentOf(index < Segment.Buckets / 2 ? segment->Lower : segment->Upper);
        Bucket* even = Segment.BucketAt(half, 2 * index % Segment.Buckets);
        PrefetchEntries(segment, index + 1);
        ulong hash = segment->First | ((ulong)index << (64 - segment->Depth - Segment.BucketBits));
        int shift = 64 - segment->Depth - Segment.BucketBits - 1;
        ChainSlots slots = new(stackalloc ulong[ChainSlots.UsualLength]);
        ChainBuilder evens = new(table.Memory, even);
        ChainBuilder odds = new(table.Memory, even + 1);
        bool isMoved = false;
        for (int tries = 0; !isMoved && tries < MaxTries; tries++)
        {
            try
            {
                slots.Read(first);
                foreach (ulong slot in slots.Slots)
                {
                    // A comparer that has changed its mind sends an entry astray, but to one of the two.
                    bool isOdd = ((table.HashOf(Slot.EntryOf(slot)) >> shift) & 1) != 0;
                    (isOdd ? ref odds : ref evens).Add(slot);
                }

                Chain chain = Chain.Lock(SegmentWord.Of(segment), hash);
                isMoved = slots.IsStill(chain.First);
                if (isMoved)
                {
                    evens.Keep(table, half);
                    odds.Keep(table, half);
                    chain.UnlockForwarded(); // [F] partner: [R] in HashIndex.cs.
                }
                else
                {
                    chain.Unlock();
                }
            }
            finally
            {
                evens.EmptyUnlessKept();
                odds.EmptyUnlessKept();
            }
        }

        return isMoved;
    }

    private static void PrefetchEntries(Segment* segment, int index)
    {
        if (index < Segment.Buckets)
        {
            Bucket* bucket = Segment.BucketAt(segment, index);
            for (int i = 1; i < Bucket.Words; i++)
            {
                Prefetch.Read(Slot.EntryOf(Order.Acquire(Bucket.WordAt(bucket, i))));
            }
        }
    }

    private static void Finish(IndexTable table, Segment* segment)
    {
        Segment* lower = SegmentWord.SegmentOf(segment->Lower);
        Segment* upper = SegmentWord.SegmentOf(segment->Upper);
        do
        {
            if (!table.Directory.TryDeepen(table.Memory, lower->Depth))
            {
                return; // The map is disposed.
            }
        }
        while (!table.Directory.TryName(lower, upper));

        table.Counts.AddSplit();
        table.Retire(segment);
    }
}
