namespace MappedCatalog.Load;

/// <summary>How long the last thousand requests took.</summary>
internal sealed class Latencies
{
    private const int Capacity = 1000;

    private readonly Lock _lock = new();
    private readonly double[] _microseconds = new double[Capacity];
    private int _count;

    public void Add(double microseconds)
    {
        lock (_lock)
        {
            _microseconds[_count++ % Capacity] = microseconds;
            _count = _count == 2 * Capacity ? Capacity : _count;
        }
    }

    /// <summary>The time that this fraction of them took at most; null while there are none.</summary>
    public double? Percentile(double fraction)
    {
        double[] sorted;
        lock (_lock)
        {
            sorted = _microseconds[..Math.Min(_count, Capacity)];
        }

        Array.Sort(sorted);
        return sorted.Length == 0 ? null : sorted[Math.Max(0, (int)Math.Ceiling(fraction * sorted.Length) - 1)];
    }
}
