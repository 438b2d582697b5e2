using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// One cache line of the index: a header and seven slots.
//
//     word 0      the header: LOCKED, FORWARDED, and the chain's next bucket
//     word 1..7   slots: 0 is free; otherwise the entry's address, and above it 16 bits of its hash, the tag
//
// A bucket and those that its header leads to are a chain. Only its first bucket has the bits LOCKED and FORWARDED.
//
// The vector loads below are a filter. Each takes all of the bucket's tags, in no order that matters: a slot whose tag
// fits is loaded again by itself, as an address must be (C1, complete before visible), and one whose tag does not fit
// held no entry of this hash at the moment when it was loaded (a tag never lies across the parts of a vector load).
[InlineArray(Words)]
internal unsafe struct Bucket
{
    public const int Words = 1 + Slots;
    public const int Slots = 7;
    public const int Bytes = Words * sizeof(ulong);

    // The tag is the upper one of a word's four 16-bit lanes; the header's is left out.
    private const uint TagLanes = 0x8888_8880;

    private ulong _word;

    /// <summary>The word with this index; 0 is the header.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong* WordAt(Bucket* bucket, int index) => (ulong*)bucket + index;

    /// <summary>The next bucket of the chain, or null.</summary>
    public static Bucket* NextOf(Bucket* bucket) => BucketHeader.NextOf(Order.Acquire((ulong*)bucket));

    /// <summary>Whether the chain that begins with this bucket is not in charge any more: C3 in HashIndex.cs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsForwarded(Bucket* first) =>
        (Order.Acquire((ulong*)first) & BucketHeader.Forwarded) != 0;

    /// <summary>The slots whose tag is the hash's: a set that <see cref="TakeFirst"/> empties. Free slots may be among
    /// them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint WithTag(Bucket* bucket, ulong hash)
    {
        ushort tag = (ushort)hash;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<ushort> lanes = Vector512.Load((ushort*)bucket);
            return (uint)Vector512.Equals(lanes, Vector512.Create(tag)).ExtractMostSignificantBits() & TagLanes;
        }

        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<ushort> wanted = Vector256.Create(tag);
            uint low = Vector256.Equals(Vector256.Load((ushort*)bucket), wanted).ExtractMostSignificantBits();
            uint high = Vector256.Equals(Vector256.Load((ushort*)bucket + 16), wanted).ExtractMostSignificantBits();
            return (low | (high << 16)) & TagLanes;
        }

        return WithTagByQuarters(bucket, tag);
    }

    /// <summary>Takes the first slot out of a set, and returns its index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TakeFirst(ref uint slots)
    {
        int index = BitOperations.TrailingZeroCount(slots) >> 2;
        slots &= slots - 1;
        return index;
    }

    /// <summary>The index of a slot that holds the word, or 0.</summary>
    public static int IndexOf(Bucket* bucket, ulong slot)
    {
        for (int i = 1; i < Words; i++)
        {
            if (Order.Acquire(WordAt(bucket, i)) == slot)
            {
                return i;
            }
        }

        return 0;
    }

    private static uint WithTagByQuarters(Bucket* bucket, ushort tag)
    {
        Vector128<ushort> wanted = Vector128.Create(tag);
        uint bits = 0;
        for (int quarter = 0; quarter < 4; quarter++)
        {
            Vector128<ushort> lanes = Vector128.Load((ushort*)bucket + (8 * quarter));
            bits |= Vector128.Equals(lanes, wanted).ExtractMostSignificantBits() << (8 * quarter);
        }

        return bits & TagLanes;
    }
}

// The header of a chain's first bucket. It is written under LOCKED alone.
internal static unsafe class BucketHeader
{
    /// <summary>A writer has the chain.</summary>
    public const ulong Locked = 1;

    /// <summary>The chain's entries have been copied to another segment, which is in charge. Never cleared.</summary>
    public const ulong Forwarded = 2;

    private const ulong NextMask = Slot.AddressMask & ~(ulong)(Bucket.Bytes - 1);

    public static Bucket* NextOf(ulong header) => (Bucket*)(header & NextMask);
}

// A slot's word.
internal static unsafe class Slot
{
    /// <summary>The bits of an address. Processes use the lower 47 or 48 bits, unless they ask the system for
    /// more.</summary>
    public const ulong AddressMask = (1UL << TagShift) - 1;

    private const int TagShift = 48;

    public static ulong Of(void* entry, ulong hash) => (ulong)entry | (hash << TagShift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* EntryOf(ulong slot) => (void*)(slot & AddressMask);
}
