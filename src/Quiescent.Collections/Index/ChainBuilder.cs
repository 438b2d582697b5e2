using System.Runtime.InteropServices;

namespace Quiescent.Collections.Index;

// Fills a chain that nobody else reaches yet.
internal unsafe ref struct ChainBuilder(IndexMemory memory, Bucket* first)
{
    private readonly Bucket* _first = first;
    private Bucket* _last = first;
    private int _used;
    private int _length = 1;
    private bool _isKept;

    /// <exception cref="OutOfMemoryException">There is no memory for a bucket.</exception>
    public void Add(ulong slot)
    {
        if (_used == Bucket.Slots)
        {
            Bucket* added = memory.RentBucket();
            *(ulong*)_last = (ulong)added;
            _last = added;
            _used = 0;
            _length++;
        }

        *Bucket.WordAt(_last, ++_used) = slot;
    }

    /// <exception cref="OutOfMemoryException">There is no memory for a bucket.</exception>
    public void AddAll(scoped ReadOnlySpan<ulong> slots)
    {
        foreach (ulong slot in slots)
        {
            Add(slot);
        }
    }

    /// <summary>Leaves the chain as it is, and counts its buckets.</summary>
    public void Keep(IndexTable table, Segment* segment)
    {
        _isKept = true;
        for (int length = 2; length <= _length; length++)
        {
            table.CountOverflow(segment, length);
        }
    }

    /// <summary>Makes the chain empty again, unless it was kept.</summary>
    public void EmptyUnlessKept()
    {
        if (!_isKept)
        {
            memory.ReturnChain(_first); // Cannot fail.
            NativeMemory.Clear(_first, Bucket.Bytes);
            _last = _first;
            _used = 0;
            _length = 1;
        }
    }
}
