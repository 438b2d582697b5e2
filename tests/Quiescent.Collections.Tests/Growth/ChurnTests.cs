namespace Quiescent.Collections.Tests.Growth;

// Entries come and go while their number stays. Faults caught: an estimate of long chains that only rises, so that
// segments split and merge by turns; one that misses chains that have become long again, so that they do not split when
// the map grows afterwards.
public sealed class ChurnTests
{
    private const int Entries = 10_000;
    private const int Turnovers = 60;

    [Fact]
    public void A_map_of_one_size_keeps_its_segments_and_still_grows_later()
    {
        using RcuDictionary<long, long> map = new();
        Queue<long> keys = [];
        long next = 0;
        Add(map, keys, ref next, Entries);
        RcuDictionaryStatistics before = map.GetStatistics();
        for (int i = 0; i < Turnovers * Entries; i++)
        {
            Assert.True(map.TryRemove(keys.Dequeue(), out _));
            Add(map, keys, ref next, 1);
        }

        RcuDictionaryStatistics after = map.GetStatistics();
        Assert.InRange(after.Buckets, before.Buckets, 2 * before.Buckets);
        Assert.InRange(after.Merges, 0, 2);
        Add(map, keys, ref next, 7 * Entries);
        RcuDictionaryStatistics grown = map.GetStatistics();
        Assert.InRange((double)grown.Entries / grown.Buckets, 1, 5);
        Assert.InRange(grown.LongestChain, 1, 4);
    }

    private static void Add(RcuDictionary<long, long> map, Queue<long> keys, ref long next, int count)
    {
        for (int i = 0; i < count; i++, next++)
        {
            Assert.True(map.TryAdd(next, next));
            keys.Enqueue(next);
        }
    }
}
