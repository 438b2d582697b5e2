using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// The chains of one range of hashes. A segment of depth d has the hashes that share their first d bits; the next eight
// bits say which of its buckets. So each chain has one range of hashes without gaps, and keeps it when segments split
// or merge: a bucket of a segment corresponds to two neighbours in one of its two halves.
//
//     hash:    │ d bits: which segment │ 8 bits: which bucket │      …      │ 16 bits: tag │
//
// A segment that is being emptied leads to the ones that take its entries, and stays for readers until a grace period
// after the directory has ceased to name it.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Segment
{
    public const int Buckets = 1 << BucketBits;
    public const int BucketBits = 8;

    private BucketArray _buckets;

    /// <summary>Takes the segment through its grace period.</summary>
    public RcuHead Head;

    /// <summary>The handle of the <see cref="IndexMemory"/> that has the segment.</summary>
    public nint Memory;

    /// <summary>The segment word of what takes the entries of the lower half; 0 while nothing does.</summary>
    public ulong Lower;

    /// <summary>The same of the upper half. After a merge both are the same.</summary>
    public ulong Upper;

    /// <summary>The first hash of the range.</summary>
    public ulong First;

    /// <summary>How many chains have got more entries than one bucket holds since they were counted last. An estimate:
    /// it does not fall as entries leave, and <see cref="SegmentSplit"/> counts again.</summary>
    public int Overflowed;

    /// <summary>1 while a thread empties the segment, or is about to.</summary>
    public int Claim;

    /// <summary>How many buckets have been forwarded, from the first one on. The claim's holder writes it.</summary>
    public int Forwarded;

    /// <summary>How many of the hash's first bits all entries share.</summary>
    public int Depth;

    public static Bucket* BucketAt(Segment* segment, int index) => (Bucket*)segment + index;

    /// <summary>The segment that this is the head of.</summary>
    public static Segment* OfHead(RcuHead* head) => (Segment*)((byte*)head - sizeof(BucketArray));

    /// <summary>How many hashes the range has, less one.</summary>
    public static ulong Width(int depth) => depth == 0 ? ulong.MaxValue : (1UL << (64 - depth)) - 1;

    [InlineArray(Buckets)]
    private struct BucketArray
    {
        private Bucket _bucket;
    }
}

// A segment's address, and in its lowest bits its depth: all that it takes to find a hash's bucket.
internal static unsafe class SegmentWord
{
    private const ulong DepthMask = Bucket.Bytes - 1;
    private const int BucketShift = 64 - Segment.BucketBits - 6; // A bucket has 2^6 bytes.

    public static ulong Of(Segment* segment) => (ulong)segment | (uint)segment->Depth;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int DepthOf(ulong word) => (int)(word & DepthMask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Segment* SegmentOf(ulong word) => (Segment*)(word & ~DepthMask);

    /// <summary>The first bucket of the hash's chain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bucket* ChainOf(ulong word, ulong hash) =>
        (Bucket*)((word & ~DepthMask) + (((hash << (int)(word & DepthMask)) >> BucketShift) & ~DepthMask));

    /// <summary>The word of the segment that takes the hash's entries from this one.</summary>
    public static ulong ForwardOf(ulong word, ulong hash)
    {
        Segment* segment = SegmentOf(word);
        bool isUpper = (long)(hash << DepthOf(word)) < 0;
        return Order.Acquire(isUpper ? &segment->Upper : &segment->Lower);
    }

    /// <summary>The last hash of the chain that has this one.</summary>
    public static ulong LastOfChain(ulong word, ulong hash) =>
        hash | Segment.Width(DepthOf(word) + Segment.BucketBits);
}
