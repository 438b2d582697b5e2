using System.Diagnostics;
using System.Numerics;

namespace Quiescent.Scale.Workloads;

// How long calls took, in buckets less than a hundredth of their values wide, so that any number of calls fits.
internal sealed class Latencies
{
    private const int StepBits = 7;
    private const int Steps = 1 << StepBits;

    // Up to 2 × Steps ticks exactly, then each power of two in so many steps.
    private readonly long[] _counts = new long[Steps * (64 - StepBits + 1)];
    private long _count;
    private long _max;

    public long Count => _count;

    public void Add(long ticks)
    {
        _counts[IndexOf(ticks)]++;
        _count++;
        _max = Math.Max(_max, ticks);
    }

    public void Add(Latencies other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        _count += other._count;
        _max = Math.Max(_max, other._max);
    }

    /// <summary>The least time that this share of the calls did not exceed, as near as its bucket tells.</summary>
    public double Microseconds(double share)
    {
        long rank = Math.Max((long)Math.Ceiling(_count * share), 1);
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return Microseconds(ValueOf(i));
            }
        }

        return double.NaN;
    }

    public double MaxMicroseconds => Microseconds(_max);

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;

    private static int IndexOf(long ticks)
    {
        ulong value = (ulong)Math.Max(ticks, 0);
        int shift = Math.Max(BitOperations.Log2(value | 1) - StepBits, 0);
        return (shift << StepBits) + (int)(value >> shift);
    }

    // The middle of a bucket.
    private static long ValueOf(int index)
    {
        int shift = Math.Max((index >> StepBits) - 1, 0);
        long low = (long)(index - (shift << StepBits)) << shift;
        return low + ((1L << shift) >> 1);
    }
}
