namespace Quiescent.Collections.Tests.Hashing;

// Keys that programs have. Fault caught: a hash that sends regular keys to few chains, as one product with the first
// digits of pi did for consecutive numbers.
public sealed class SpreadTests
{
    private const int Keys = 50_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(113)]
    [InlineData(1_000)]
    [InlineData(1 << 8)]
    [InlineData(1 << 20)]
    [InlineData(1L << 32)]
    [InlineData(1L << 40)]
    [InlineData(0x1_0000_0001)]
    [InlineData(-3)]
    [InlineData(unchecked((long)0x9E37_79B9_7F4A_7C15))]
    [InlineData(unchecked((long)0xF1DE_83E1_9937_733D))] // The first factor's inverse.
    public void Evenly_spaced_keys_are_spread(long spacing)
    {
        using RcuDictionary<long, byte> map = new(new RcuCollectionOptions { Capacity = Keys });
        using RcuDictionary<UInt128, byte> wide = new(new RcuCollectionOptions { Capacity = Keys });
        for (long i = 0; i < Keys; i++)
        {
            Assert.True(map.TryAdd(unchecked(i * spacing), 0));
            Assert.True(wide.TryAdd(new UInt128((ulong)(i * spacing), (ulong)i), 0));
        }

        AssertSpread(map.GetStatistics());
        AssertSpread(wide.GetStatistics());
    }

    [Theory]
    [InlineData("")]
    [InlineData("user:")]
    [InlineData("a rather long beginning that all of the keys share:")]
    public void Numbered_names_are_spread(string beginning)
    {
        using RcuBlobDictionary map = new(new RcuCollectionOptions { Capacity = Keys });
        for (int i = 0; i < Keys; i++)
        {
            Assert.True(map.TryAdd($"{beginning}{i}", []));
        }

        AssertSpread(map.GetStatistics());
    }

    // With about two entries for each chain, four buckets have more than 21 of them once in 10^14 chains.
    private static void AssertSpread(RcuDictionaryStatistics statistics)
    {
        Assert.InRange(statistics.LongestChain, 1, 3);
        Assert.InRange(statistics.OverflowBuckets, 0, statistics.Buckets / 50);
        Assert.Equal(0, statistics.Splits);
    }
}
