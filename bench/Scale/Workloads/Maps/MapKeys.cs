namespace Quiescent.Scale.Workloads.Maps;

// Which keys a thread uses. Both kinds are of independent keys.
internal enum Picking
{
    /// <summary>Every key as often as any other.</summary>
    Uniform,

    /// <summary>By Zipf's law with the exponent 0.99.</summary>
    Zipf,
}

// The keys: a number's key looks random, and no two numbers have the same. A map is filled in the order of the numbers;
// threads use numbers at random. The native programs make theirs in the same way.
internal static class MapKeys
{
    // More than fit in any cache, and few enough to be made quickly. A thread goes round.
    private const int MostPicks = 1 << 22;
    private const int FewestPicks = 1 << 12;
    private const int PicksPerKey = 4;

    /// <summary>The key with this number: the finalizer of splitmix64.</summary>
    public static ulong Of(ulong number)
    {
        ulong z = number + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>The keys that a thread uses, one after another, made before anything is timed.</summary>
    /// <param name="keys">How many keys there are.</param>
    /// <param name="thread">Each thread uses others.</param>
    public static ulong[] Pick(long keys, Picking picking, int thread)
    {
        ulong[] picks = new ulong[CountPicks(keys)];
        ulong state = Of((ulong)thread ^ 0xC0FFEE);
        Zipf zipf = new(keys);
        for (int i = 0; i < picks.Length; i++)
        {
            ulong random = Of(state++);
            picks[i] = Of(picking == Picking.Zipf ? zipf.Pick(random) : random % (ulong)keys);
        }

        return picks;
    }

    // A whole number of batches.
    private static int CountPicks(long keys)
    {
        long wanted = Math.Clamp(keys * PicksPerKey, FewestPicks, MostPicks);
        return (int)(wanted / MapBatch.Length * MapBatch.Length);
    }
}
