using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// The slots of a chain that are in use, in their order. The room grows with the chain, on the managed heap if it is
// longer than what the caller has on its stack.
internal ref struct ChainSlots(Span<ulong> room)
{
    /// <summary>Room for a chain of four buckets.</summary>
    public const int UsualLength = 4 * Bucket.Slots;

    private Span<ulong> _slots = room;
    private int _count;

    public readonly ReadOnlySpan<ulong> Slots => _slots[.._count];

    /// <summary>Reads the chain that begins with this bucket. Its writers may change it meanwhile: an entry that is
    /// there throughout is among the slots, once.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the list.</exception>
    public unsafe void Read(Bucket* first)
    {
        _count = 0;
        for (Bucket* bucket = first; bucket != null; bucket = Bucket.NextOf(bucket))
        {
            if (_slots.Length - _count < Bucket.Slots)
            {
                ulong[] larger = new ulong[Math.Max(2 * _slots.Length, UsualLength)];
                Slots.CopyTo(larger);
                _slots = larger;
            }

            _count += Read(bucket, _slots[_count..]);
        }
    }

    /// <summary>Whether the chain, which the caller has locked, still has these slots in use and no others.</summary>
    public readonly unsafe bool IsStill(Bucket* first)
    {
        int index = 0;
        for (Bucket* bucket = first; bucket != null; bucket = Bucket.NextOf(bucket))
        {
            for (int i = 1; i < Bucket.Words; i++)
            {
                ulong slot = Order.Acquire(Bucket.WordAt(bucket, i));
                if (slot != 0 && (index == _count || _slots[index++] != slot))
                {
                    return false;
                }
            }
        }

        return index == _count;
    }

    private static unsafe int Read(Bucket* bucket, Span<ulong> into)
    {
        int count = 0;
        for (int i = 1; i < Bucket.Words; i++)
        {
            ulong slot = Order.Acquire(Bucket.WordAt(bucket, i));
            if (slot != 0)
            {
                into[count++] = slot;
            }
        }

        return count;
    }
}
