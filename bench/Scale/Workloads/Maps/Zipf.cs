namespace Quiescent.Scale.Workloads.Maps;

// Numbers by Zipf's law with the exponent 0.99, as YCSB draws them (after Gray and others, "Quickly generating
// billion-record synthetic databases", 1994). The most frequent ones are spread over all numbers, so that they do not
// lie beside each other in a map that was filled in order.
internal readonly struct Zipf
{
    private const double Exponent = 0.99;

    // The sum's first terms are added up, and the rest is its integral.
    private const int ExactTerms = 10_000;

    private readonly ulong _count;
    private readonly double _sum;
    private readonly double _eta;

    public Zipf(long count)
    {
        _count = (ulong)count;
        _sum = Sum(count);
        _eta = (1 - Math.Pow(2.0 / count, 1 - Exponent)) / (1 - (Sum(2) / _sum));
    }

    /// <summary>The number that belongs to 64 random bits.</summary>
    public ulong Pick(ulong random) => MapKeys.Of(Rank(random)) % _count;

    /// <summary>Zero is the most frequent.</summary>
    public ulong Rank(ulong random)
    {
        double uniform = (random >> 11) * (1.0 / (1UL << 53));
        double share = uniform * _sum;
        if (share < 1)
        {
            return 0;
        }

        if (share < 1 + Math.Pow(0.5, Exponent))
        {
            return 1;
        }

        double rank = _count * Math.Pow((_eta * uniform) - _eta + 1, 1 / (1 - Exponent));
        return Math.Min((ulong)rank, _count - 1);
    }

    private static double Sum(long count)
    {
        double sum = 0;
        for (long i = 1; i <= Math.Min(count, ExactTerms); i++)
        {
            sum += Math.Pow(i, -Exponent);
        }

        return count <= ExactTerms
            ? sum
            : sum + ((Math.Pow(count + 0.5, 1 - Exponent) - Math.Pow(ExactTerms + 0.5, 1 - Exponent)) / (1 - Exponent));
    }
}
