using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// What an index counts.
internal sealed class IndexCounts
{
    private readonly StripedCount _entries = new();
    private long _segments;
    private long _overflowBuckets;
    private long _splits;
    private long _merges;
    private long _longestChain;

    public long Segments => Order.Acquire(in _segments);

    public long OverflowBuckets => Order.Acquire(in _overflowBuckets);

    public long Splits => Order.Acquire(in _splits);

    public long Merges => Order.Acquire(in _merges);

    public long LongestChain => Order.Acquire(in _longestChain);

    /// <inheritdoc cref="StripedCount.Sum"/>
    public long Entries => _entries.Sum;

    public void AddEntries(long count) => _entries.Add(count);

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
