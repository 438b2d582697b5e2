using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// The part of a hash index that does not know what a key is: slots, chains, segments and how many there are. Each
// method is called inside a section of the domain.
//
// C1 (complete before visible)  An entry is written before its slot is (release); a slot is loaded by an acquire.
// C2 (nothing moves)  An entry's slot in its chain stays the same until it is removed or the chain is forwarded. An
//     entry that replaces one of the same key takes the same slot. So a search that does not meet a key proves that it
//     was absent at some moment of the search: had it been there throughout, it would have stood in one slot
//     throughout.
// C4 (one writer a chain)  Chain.cs.
// C7 (depth)  The directory has no more than sixteen times as many words as the map had entries, or
//     as it was made with.
internal abstract unsafe class IndexTable
{
    private const int SpareDepth = 4;

    // Below the load at which the first segments split.
    private const int PlannedLoad = 3;

    // Beyond this depth a bucket's bits of the hash would reach the tag's.
    private const int MaxDepth = 64 - 16 - Segment.BucketBits;

    // Of the chains that an entry's removal leaves empty, one in 64 makes its thread count the neighbourhood.
    private const int SampleShift = 64 - 6;

    private SegmentDirectory _directory;
    private int _isEnded;

    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    protected IndexTable(RcuDomain domain, RcuCollectionOptions options, IEntryMemory entries)
    {
        Name = options.Name;
        Capacity = options.Capacity;
        Counts = new IndexCounts();
        Memory = new IndexMemory(domain, options, entries);
    }

    public string Name { get; }

    /// <summary>The number of entries that the map was made for.</summary>
    public long Capacity { get; }

    public IndexMemory Memory { get; }

    public IndexCounts Counts { get; }

    public ref SegmentDirectory Directory => ref _directory;

    /// <summary>The hash of the entry's key. May be code of the program.</summary>
    public abstract ulong HashOf(void* entry);

    /// <inheritdoc cref="IEntries{TKey}.HaveSameKey"/>
    public abstract bool HaveSameKey(void* x, void* y);

    /// <inheritdoc cref="IEntries{TKey}.GetNumber"/>
    public abstract ulong NumberOf(void* entry);

    /// <summary>Makes the segments of an empty map. Called once, by the thread that makes the map.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for them; call <see cref="End"/>.</exception>
    protected void Begin()
    {
        long last = Math.Max(Capacity - 1, 0) / (Segment.Buckets * PlannedLoad);
        int depth = last == 0 ? 0 : Math.Min(BitOperations.Log2((ulong)last) + 1, MaxDepth);
        _directory.Begin(Math.Max(depth, 1));
        for (long i = 0; i < 1L << depth; i++)
        {
            Segment* segment = Memory.RentSegment(depth == 0 ? 0 : (ulong)i << (64 - depth), depth);
            Counts.AddSegments(1);
            _directory.TryName(segment);
        }
    }

    /// <summary>Ends a dropped map.</summary>
    // Each operation reads the directory through this object, so it is not dropped before the last of them has.
    ~IndexTable()
    {
        End(isFinalizing: true);
    }

    /// <summary>Ends the map: nothing finds an entry any more, and all memory is given back after a grace period. A
    /// second call does nothing.</summary>
    public void End(bool isFinalizing = false)
    {
        if (Memory is not null && Order.Or(ref _isEnded, 1) == 0)
        {
            Memory.End(_directory.End(), isFinalizing);
        }
    }

    /// <summary>The segment word for the hash.</summary>
    /// <exception cref="ObjectDisposedException">The map is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong WordFor(ulong hash)
    {
        ulong word = _directory.WordFor(hash);
        if (word == 0)
        {
            ThrowDisposed();
        }

        return word;
    }

    /// <summary>Whether there may be segments of this depth (C7).</summary>
    public bool MayHaveDepth(int depth)
    {
        long entries = Math.Max(Counts.Entries, 1);
        return depth <= Math.Min(BitOperations.Log2((ulong)entries) + SpareDepth, MaxDepth);
    }

    /// <summary>Adds an entry whose key is not there.</summary>
    /// <param name="hash">The hash of its key.</param>
    /// <param name="entry">The entry, complete.</param>
    /// <param name="compared">What the search for the key found instead of it.</param>
    /// <param name="spare">An empty bucket, or null. Null afterwards if it was used.</param>
    /// <param name="isOverfull">Whether the segment should be split: <see cref="SegmentSplit"/>.</param>
    public Insertion TryInsert(
        ulong hash, void* entry, scoped ref ComparedEntries compared, ref Bucket* spare, out bool isOverfull)
    {
        ulong word = WordFor(hash);
        Chain chain = Chain.Lock(word, hash);
        isOverfull = IsLeft(SegmentWord.SegmentOf(word), chain.Segment);
        compared.Restart();
        ulong* free = null;
        Bucket* last = null;
        int length = 0;
        bool becomesLong = false; // Its first bucket is full, and its second one, which it has still, was empty.
        for (Bucket* bucket = chain.First; bucket != null; bucket = Bucket.NextOf(bucket))
        {
            if (HasUncompared(bucket, hash, ref compared))
            {
                chain.Unlock();
                return Insertion.Changed;
            }

            if (free == null && Bucket.IndexOf(bucket, 0) is > 0 and int index)
            {
                free = Bucket.WordAt(bucket, index);
                becomesLong = length == 1 && index == 1;
            }

            last = bucket;
            length++;
        }

        if (free != null)
        {
            if (becomesLong)
            {
                Order.Add(ref chain.Segment->Overflowed, 1);
                isOverfull |= SegmentSplit.IsOverfull(chain.Segment);
            }

            Order.Release(free, Slot.Of(entry, hash)); // C1 (complete before visible)
            chain.Unlock();
            return Insertion.Done;
        }

        if (spare == null)
        {
            chain.Unlock();
            return Insertion.NeedsBucket;
        }

        *Bucket.WordAt(spare, 1) = Slot.Of(entry, hash);
        chain.Append(last, spare);
        spare = null;
        CountOverflow(chain.Segment, length + 1);
        isOverfull |= SegmentSplit.IsOverfull(chain.Segment);
        chain.Unlock();
        return Insertion.Done;
    }

    /// <summary>Puts another entry of the same key in an entry's place, or null.</summary>
    /// <param name="hash">The hash of the key.</param>
    /// <param name="entry">The entry that a search found in this section.</param>
    /// <param name="replacement">The other one, complete; null removes the entry.</param>
    /// <param name="isSparse">Whether segments should perhaps be merged: <see cref="SegmentMerge"/>.</param>
    /// <returns>False: somebody else has replaced or removed it.</returns>
    public bool TryExchange(ulong hash, void* entry, void* replacement, out bool isSparse) =>
        TryExchange(hash, Slot.Of(entry, hash), replacement == null ? 0 : Slot.Of(replacement, hash), out isSparse);

    /// <inheritdoc cref="TryExchange(ulong, void*, void*, out bool)"/>
    /// <param name="hash">A hash of the chain.</param>
    /// <param name="slot">The entry's slot.</param>
    /// <param name="replacement">The other one's slot, or 0.</param>
    /// <param name="isSparse">As above.</param>
    public bool TryExchange(ulong hash, ulong slot, ulong replacement, out bool isSparse)
    {
        Chain chain = Chain.Lock(WordFor(hash), hash);
        bool isFound = false;
        for (Bucket* bucket = chain.First; bucket != null && !isFound; bucket = Bucket.NextOf(bucket))
        {
            if (Bucket.IndexOf(bucket, slot) is > 0 and int index)
            {
                // C1 (complete before visible), C2 (nothing moves)
                Order.Release(Bucket.WordAt(bucket, index), replacement);
                isFound = true;
            }
        }

        isSparse = replacement == 0 && IsSampled(slot) && IsEmpty(chain.First);
        if (replacement == 0)
        {
            chain.Unlock();
        }
        else
        {
            chain.UnlockAndFence();
        }

        return isFound;
    }

    /// <summary>Hands over a segment that has been emptied, and that the directory does not name any more.</summary>
    public void Retire(Segment* segment)
    {
        long overflow = 0;
        for (int i = 0; i < Segment.Buckets; i++)
        {
            for (Bucket* bucket = Segment.BucketAt(segment, i); (bucket = Bucket.NextOf(bucket)) != null;)
            {
                overflow++;
            }
        }

        Counts.AddOverflowBuckets(-overflow);
        Counts.AddSegments(-1);
        Memory.Retire(segment);
    }

    /// <summary>The figures of the map.</summary>
    /// <param name="entryBytes">What its entries have from the system.</param>
    public RcuDictionaryStatistics ReadStatistics(long entryBytes) => new()
    {
        Entries = Counts.Entries,
        Buckets = Counts.Segments * Segment.Buckets,
        OverflowBuckets = Counts.OverflowBuckets,
        Bytes = entryBytes + Memory.Bytes + _directory.Bytes,
        Splits = Counts.Splits,
        Merges = Counts.Merges,
        LongestChain = Counts.LongestChain,
    };

    [DoesNotReturn]
    public void ThrowDisposed() => throw new ObjectDisposedException(Name, $"The map '{Name}' is disposed.");

    /// <summary>Counts a bucket that a chain of the segment has got.</summary>
    public void CountOverflow(Segment* segment, int length)
    {
        if (length == 2)
        {
            Order.Add(ref segment->Overflowed, 1);
        }

        Counts.AddOverflowBuckets(1);
        Counts.NoteChain(length);
    }

    // Whether the segment that the directory names is not in charge any more, and nobody is finishing that.
    private static bool IsLeft(Segment* named, Segment* inCharge) =>
        named != inCharge && Order.Acquire(&named->Claim) == 0;

    private static bool HasUncompared(Bucket* bucket, ulong hash, ref ComparedEntries compared)
    {
        for (uint slots = Bucket.WithTag(bucket, hash); slots != 0;)
        {
            ulong slot = Order.Acquire(Bucket.WordAt(bucket, Bucket.TakeFirst(ref slots)));
            if (slot != 0 && !compared.TryPass(slot))
            {
                return true;
            }
        }

        return false;
    }

    // By the whole word: the tag alone may be the same for all keys.
    private static bool IsSampled(ulong slot) => (slot * 0x9E37_79B9_7F4A_7C15) >> SampleShift == 0;

    private static bool IsEmpty(Bucket* first)
    {
        for (Bucket* bucket = first; bucket != null; bucket = Bucket.NextOf(bucket))
        {
            for (int i = 1; i < Bucket.Words; i++)
            {
                if (Order.Acquire(Bucket.WordAt(bucket, i)) != 0)
                {
                    return false;
                }
            }
        }

        return true;
    }
}

internal enum Insertion
{
    Done,

    /// <summary>Somebody else has changed the chain: search again.</summary>
    Changed,

    /// <summary>The chain has no free slot.</summary>
    NeedsBucket,
}
