using Quiescent.Collections.Index;

namespace Quiescent.Collections.Tests.Support;

internal static class Books
{
    /// <summary>C8: the blocks that are out of the map's pools are its entries, buckets and segments, exactly, once
    /// what waits has come home.</summary>
    public static void Balance<TKey, TValue, TComparer>(RcuDictionary<TKey, TValue, TComparer> map)
        where TKey : unmanaged
        where TValue : unmanaged
        where TComparer : struct, IKeyComparer<TKey>
    {
        Balance(map.Core.Index, map.GetStatistics());
        Assert.Equal(map.LongCount, map.Core.Entries.GetStatistics().BlocksOut);
    }

    /// <summary>The same, and the bytes in use are those of the entries.</summary>
    public static void Balance(RcuBlobDictionary map)
    {
        Balance(map.Core.Index, map.GetStatistics());
        Assert.Equal(map.LongCount, map.Core.Store.CountOut());
        Assert.Equal(map.IsEmpty, map.BytesInUse == 0);
        Assert.InRange(map.BytesInUse, 0, map.GetStatistics().Bytes);
    }

    private static void Balance(IndexTable index, RcuDictionaryStatistics statistics)
    {
        index.Memory.Domain.Barrier();
        index.Memory.Domain.Barrier(); // A segment that comes home brings its buckets.
        (long buckets, long segments) = index.Memory.CountOut();
        Assert.Equal(statistics.OverflowBuckets, buckets);
        Assert.Equal(statistics.Buckets, segments * Segment.Buckets);
    }
}
