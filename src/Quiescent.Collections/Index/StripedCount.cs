using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// A sum in several words, of which a thread uses one, so that writers on different cores do not wait for each other's
// cache line. Exact when nobody writes.
internal sealed class StripedCount
{
    private const int Stride = 16; // Two cache lines: processors fetch them in pairs.
    private const int MaxCells = 64;

    private readonly long[] _cells;
    private readonly int _mask;

    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public StripedCount()
    {
        int cells = 1;
        while (cells < MaxCells && cells < Environment.ProcessorCount)
        {
            cells *= 2;
        }

        _mask = cells - 1;
        _cells = new long[(cells + 1) * Stride];
    }

    /// <summary>The sum. While others write it may be off by what they do, but is not negative.</summary>
    public long Sum
    {
        get
        {
            long sum = 0;
            for (int cell = 1; cell <= _mask + 1; cell++)
            {
                sum += Order.Acquire(in _cells[cell * Stride]);
            }

            return Math.Max(0, sum);
        }
    }

    public void Add(long count) =>
        Order.Add(ref _cells[((Environment.CurrentManagedThreadId & _mask) + 1) * Stride], count);
}
