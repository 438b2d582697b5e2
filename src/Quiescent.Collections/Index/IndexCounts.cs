using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// What an index counts. The entries are counted in several words, of which a thread uses one, so that writers on
// different cores do not wait for each other's cache line; the sum is exact when nobody writes.
internal sealed class IndexCounts
{
    private const int Stride = 16; // Two cache lines: processors fetch them in pairs.
    private const int MaxCells = 64;

    private readonly long[] _cells;
    private readonly int _mask;
    private long _segments;
    private long _overflowBuckets;
    private long _splits;
    private long _merges;
    private long _longestChain;

    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public IndexCounts()
    {
        int cells = 1;
        while (cells < MaxCells && cells < Environment.ProcessorCount)
        {
            cells *= 2;
        }

        _mask = cells - 1;
        _cells = new long[(cells + 1) * Stride];
    }

    public long Segments => Order.Acquire(in _segments);

    public long OverflowBuckets => Order.Acquire(in _overflowBuckets);

    public long Splits => Order.Acquire(in _splits);

    public long Merges => Order.Acquire(in _merges);

    public long LongestChain => Order.Acquire(in _longestChain);

    /// <summary>The sum. While others write it may be off by what they do, but is not negative.</summary>
    public long Entries
    {
        get
        {
            long sum = 0;
            for (int cell = 1; cell <= _mask + 1; cell++)
            {
                sum += Order.Acquire(in _cells[cell * Stride]);
            }

            return Math.Max(0, sum);
        }
    }

    public void AddEntries(long count) =>
        Order.Add(ref _cells[((Environment.CurrentManagedThreadId & _mask) + 1) * Stride], count);

    public void AddSegments(int count) => Order.Add(ref _segments, count);

    public void AddSplit() => Order.Increment(ref _splits);

    public void AddMerge() => Order.Increment(ref _merges);

    public void AddOverflowBuckets(long count) => Order.Add(ref _overflowBuckets, count);

    /// <summary>Notes the length of a chain, in buckets.</summary>
    public void NoteChain(long buckets)
    {
        long longest = Order.Acquire(in _longestChain);
        while (buckets > longest)
        {
            long seen = Order.CompareExchange(ref _longestChain, buckets, longest);
            longest = seen == longest ? buckets : seen;
        }
    }
}
