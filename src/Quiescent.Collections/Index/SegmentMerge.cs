using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// Two neighbours with few entries become one segment: the split backwards. Two chains that lie side by side go to one.
// Both are locked, in their order, while they are copied, and both are forwarded before either lock is given up, so
// that the new chain has one writer at a time and all the entries of its range from the first moment on. Nothing has to
// be hashed.
internal static unsafe class SegmentMerge
{
    // Two segments are merged if a chain of the merged one has fewer entries than this on average. A split leaves
    // almost two in each: so far apart that a map of one size does not split and merge by turns.
    private const int MaxEntries = Segment.Buckets * 5 / 2;

    /// <summary>Merges the segment in charge of the hash with its neighbour if both have few entries, or goes on with
    /// what was begun. Never fails: it can be tried again.</summary>
    /// <returns>Whether they were merged.</returns>
    public static bool TryMerge(IndexTable table, ulong hash)
    {
        try
        {
            using ReadGuard guard = table.Memory.Domain.ReadLock();
            ulong word = table.Directory.WordFor(hash);
            if (word == 0 || SegmentWord.DepthOf(word) == 0)
            {
                return false;
            }

            ulong half = 1UL << (64 - SegmentWord.DepthOf(word));
            ulong lower = table.Directory.WordFor(hash & ~half);
            ulong upper = table.Directory.WordFor(hash | half);

            // Both are still as deep as the half was taken for: otherwise they would not be neighbours.
            if (lower == 0
                || upper == 0
                || SegmentWord.DepthOf(lower) != SegmentWord.DepthOf(word)
                || SegmentWord.DepthOf(upper) != SegmentWord.DepthOf(word))
            {
                return false;
            }

            using SegmentClaim first = SegmentClaim.TryTake(SegmentWord.SegmentOf(lower));
            using SegmentClaim second = SegmentClaim.TryTake(SegmentWord.SegmentOf(upper));
            return first.IsTaken
                && second.IsTaken
                && table.Directory.WordFor(hash & ~half) == lower
                && table.Directory.WordFor(hash | half) == upper
                && Merge(table, SegmentWord.SegmentOf(lower), SegmentWord.SegmentOf(upper));
        }
        catch (Exception e) when (e is OutOfMemoryException or ObjectDisposedException or InvalidOperationException)
        {
            return false; // No memory, a disposed domain, or a finding of Validate. It goes on with the next removal.
        }
    }

    /// <summary>Whether the segment's entries go to a merged one.</summary>
    public static bool IsBegun(Segment* segment)
    {
        ulong lower = Order.Acquire(&segment->Lower);
        return lower != 0 && lower == Order.Acquire(&segment->Upper);
    }

    private static bool Merge(IndexTable table, Segment* lower, Segment* upper)
    {
        if (lower->Lower == 0 && upper->Lower == 0)
        {
            if (Count(lower) + Count(upper) > MaxEntries)
            {
                return false;
            }

            Segment* made = table.Memory.RentSegment(lower->First, lower->Depth - 1);
            table.Counts.AddSegments(1);
            Lead(lower, made);
            Lead(upper, made);
        }
        else if (lower->Lower != upper->Upper)
        {
            return false; // One of them is being split.
        }

        Segment* merged = SegmentWord.SegmentOf(lower->Lower);
        if (!TryMoveAll(table, lower, merged, into: 0)
            || !TryMoveAll(table, upper, merged, into: Segment.Buckets / 2)
            || !table.Directory.TryName(merged))
        {
            return false; // Writers are faster, or the map is disposed.
        }

        table.Counts.AddMerge();
        table.Retire(lower);
        table.Retire(upper);
        return true;
    }

    private static void Lead(Segment* segment, Segment* merged)
    {
        Order.Release(&segment->Lower, SegmentWord.Of(merged));
        Order.Release(&segment->Upper, SegmentWord.Of(merged));
    }

    // The entries at about this moment.
    private static int Count(Segment* segment)
    {
        int count = 0;
        for (int i = 0; i < Segment.Buckets; i++)
        {
            for (Bucket* bucket = Segment.BucketAt(segment, i); bucket != null; bucket = Bucket.NextOf(bucket))
            {
                for (int slot = 1; slot < Bucket.Words; slot++)
                {
                    count += Order.Acquire(Bucket.WordAt(bucket, slot)) == 0 ? 0 : 1;
                }
            }
        }

        return count;
    }

    private static bool TryMoveAll(IndexTable table, Segment* segment, Segment* merged, int into)
    {
        while (segment->Forwarded < Segment.Buckets
            && TryMovePair(table, segment, segment->Forwarded, merged, into + (segment->Forwarded / 2)))
        {
            segment->Forwarded += 2;
        }

        return segment->Forwarded == Segment.Buckets;
    }

    private static bool TryMovePair(IndexTable table, Segment* segment, int index, Segment* merged, int into)
    {
        ulong width = Segment.Width(segment->Depth + Segment.BucketBits) + 1;
        ulong hash = segment->First + ((ulong)index * width);
        ChainSlots evens = new(stackalloc ulong[ChainSlots.UsualLength]);
        ChainSlots odds = new(stackalloc ulong[ChainSlots.UsualLength]);
        ChainBuilder builder = new(table.Memory, Segment.BucketAt(merged, into));
        bool isMoved = false;
        for (int tries = 0; !isMoved && tries < SegmentSplit.MaxTries; tries++)
        {
            try
            {
                evens.Read(Segment.BucketAt(segment, index));
                odds.Read(Segment.BucketAt(segment, index + 1));
                builder.AddAll(evens.Slots);
                builder.AddAll(odds.Slots);
                Chain even = Chain.Lock(SegmentWord.Of(segment), hash);
                Chain odd = Chain.Lock(SegmentWord.Of(segment), hash + width);
                isMoved = evens.IsStill(even.First) && odds.IsStill(odd.First);
                if (isMoved)
                {
                    builder.Keep(table, merged);
                    even.UnlockForwarded(); // [F] partner: [R] in HashIndex.cs.
                    odd.UnlockForwarded(); // [F]
                }
                else
                {
                    odd.Unlock();
                    even.Unlock();
                }
            }
            finally
            {
                builder.EmptyUnlessKept();
            }
        }

        return isMoved;
    }
}
