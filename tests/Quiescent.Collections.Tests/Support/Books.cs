using Quiescent.Collections.Index;

namespace Quiescent.Collections.Tests.Support;

internal static class Books
{
    /// <summary>C8: the blocks that are out of the map's pools are its entries, buckets and segments, exactly, once what
    /// waits has come home.</summary>
    public static void Balance<TKey, TValue, TComparer>(RcuDictionary<TKey, TValue, TComparer> map)
        where TKey : unmanaged
        where TValue : unmanaged
        where TComparer : struct, IKeyComparer<TKey>
    {
        map.Core.Domain.Barrier();
        map.Core.Domain.Barrier(); // A segment that comes home brings its buckets.
        RcuDictionaryStatistics statistics = map.GetStatistics();
        (long buckets, long segments) = map.Core.Index.Memory.CountOut();
        Assert.Equal(statistics.Entries, map.Core.Entries.GetStatistics().BlocksOut);
        Assert.Equal(statistics.OverflowBuckets, buckets);
        Assert.Equal(statistics.Buckets, segments * Segment.Buckets);
    }
}
