using Quiescent.Collections.Tests.Support;

namespace Quiescent.Collections.Tests.Dictionary;

// Random programs, run on the map and on a Dictionary. Faults caught: any operation whose result or effect differs;
// entries lost or doubled by a split, a merge or an overflowing chain; blocks lost (C8).
public sealed class ReferenceTests
{
    [Theory]
    [InlineData(1, 100, 20_000)]
    [InlineData(2, 5_000, 60_000)]
    [InlineData(3, 100_000, 300_000)]
    public void A_map_does_what_a_Dictionary_does(int seed, int keys, int operations) =>
        Compare<DefaultKeyComparer<long>>(seed, keys, operations);

    [Theory]
    [InlineData(1, 50, 5_000)]
    [InlineData(2, 500, 20_000)]
    public void So_does_one_whose_keys_all_have_one_hash(int seed, int keys, int operations) =>
        Compare<AllAlike>(seed, keys, operations);

    [Theory]
    [InlineData(1, 2_000, 20_000)]
    public void So_does_one_whose_keys_share_a_few_hashes(int seed, int keys, int operations) =>
        Compare<Crowded>(seed, keys, operations);

    [Theory]
    [InlineData(1, 20_000, 60_000)]
    public void So_does_one_whose_keys_all_begin_alike(int seed, int keys, int operations) =>
        Compare<Transparent>(seed, keys, operations);

    private static void Compare<TComparer>(int seed, int keys, int operations)
        where TComparer : struct, IKeyComparer<long>
    {
        using RcuDomain domain = new();
        using RcuDictionary<long, Value, TComparer> map = new(new RcuCollectionOptions { Domain = domain });
        Dictionary<long, Value> reference = [];
        Random random = new(seed);
        for (int i = 0; i < operations; i++)
        {
            // The map grows for a third of the program, stays, and shrinks.
            int bias = i < operations / 3 ? 60 : i < 2 * operations / 3 ? 33 : 5;
            Step(map, reference, random, random.Next(keys), new Value(i, ~i), bias);
            if (i % (operations / 7) == 0)
            {
                Agree(map, reference);
            }
        }

        Agree(map, reference);
        map.Clear();
        reference.Clear();
        Agree(map, reference);
    }

    private static void Step<TComparer>(
        RcuDictionary<long, Value, TComparer> map,
        Dictionary<long, Value> reference,
        Random random,
        long key,
        Value value,
        int bias)
        where TComparer : struct, IKeyComparer<long>
    {
        bool isThere = reference.TryGetValue(key, out Value old);
        Value guess = random.Next(2) == 0 ? old : value;
        if (random.Next(100) < bias)
        {
            switch (random.Next(5))
            {
                case 0:
                    Assert.Equal(!isThere, map.TryAdd(key, value));
                    reference.TryAdd(key, value);
                    break;
                case 1:
                    map[key] = value;
                    reference[key] = value;
                    break;
                case 2:
                    Assert.Equal(isThere ? old : value, map.GetOrAdd(key, value));
                    reference.TryAdd(key, value);
                    break;
                case 3:
                    Assert.Equal(isThere ? old : value, map.GetOrAdd(key, static (_, made) => made, value));
                    reference.TryAdd(key, value);
                    break;
                default:
                    Value after = isThere ? new Value(old.First + 1, old.Second) : value;
                    Assert.Equal(
                        after,
                        map.AddOrUpdate(key, value, static (_, found) => new Value(found.First + 1, found.Second)));
                    reference[key] = after;
                    break;
            }

            return;
        }

        switch (random.Next(5))
        {
            case 0:
                Assert.Equal(isThere, map.TryRemove(key, out Value removed));
                Assert.Equal(old, removed);
                reference.Remove(key);
                break;
            case 1:
                bool isRemoved = map.TryRemove(new KeyValuePair<long, Value>(key, guess));
                Assert.Equal(isThere && guess == old, isRemoved);
                _ = isRemoved && reference.Remove(key);
                break;
            case 2:
                bool isUpdated = map.TryUpdate(key, value, guess);
                Assert.Equal(isThere && guess == old, isUpdated);
                reference[isUpdated ? key : -1] = value;
                reference.Remove(-1);
                break;
            case 3:
                Assert.Equal(isThere, map.ContainsKey(key));
                break;
            default:
                Assert.Equal(isThere, map.TryGetValue(key, out Value found));
                Assert.Equal(old, found);
                break;
        }
    }

    private static void Agree<TComparer>(
        RcuDictionary<long, Value, TComparer> map, Dictionary<long, Value> reference)
        where TComparer : struct, IKeyComparer<long>
    {
        Assert.Equal(reference.Count, map.Count);
        Assert.Equal(reference.Count == 0, map.IsEmpty);
        Assert.Equal(reference.OrderBy(static item => item.Key), map.OrderBy(static item => item.Key));
        foreach ((long key, Value value) in reference)
        {
            Assert.True(map.TryGetValue(key, out Value found));
            Assert.Equal(value, found);
        }

        Books.Balance(map);
    }

    private readonly record struct Value(long First, long Second);
}
