using System.Diagnostics;
using System.Runtime.CompilerServices;
using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Workloads.Resources;

/// <summary>How a disposable object is replaced by a new one, and the old one disposed of.</summary>
internal interface IReplacing : IDisposable
{
    void Replace(Disposed value);
}

// Counts its disposal, in a field of its turn.
internal sealed class Disposed(StrongBox<long> count) : IDisposable
{
    public void Dispose() => count.Value++;
}

// One thread replaces without pause; the clock stops when the last replaced object has been disposed of.
internal static class Replacements
{
    private const int BatchSize = 1_000;

    public static Contestant Of<TReplacing>(string name, Side side)
        where TReplacing : class, IReplacing, new() => new(name, side, Measure<TReplacing>);

    private static Reading Measure<TReplacing>(TimeSpan length)
        where TReplacing : class, IReplacing, new()
    {
        StrongBox<long> disposed = new();
        long replaced = 0;
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        using (TReplacing replacing = new())
        {
            do
            {
                Replace(replacing, disposed);
                replaced += BatchSize;
            }
            while (Stopwatch.GetElapsedTime(start) < length);
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        if (disposed.Value != replaced)
        {
            throw new InvalidOperationException(
                $"{replaced:N0} objects were put in place and {disposed.Value:N0} disposed of.");
        }

        return new Reading(time.TotalNanoseconds / replaced) { Details = [new("B/object", (double)bytes / replaced)] };
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Replace<TReplacing>(TReplacing replacing, StrongBox<long> disposed)
        where TReplacing : class, IReplacing
    {
        for (int i = 0; i < BatchSize; i++)
        {
            replacing.Replace(new Disposed(disposed));
        }
    }
}

internal sealed class ReplacedReference : IReplacing
{
    private readonly RcuReference<Disposed> _reference = new();

    public void Replace(Disposed value) => _reference.Replace(value);

    public void Dispose()
    {
        _reference.Dispose();
        Rcu.Barrier();
    }
}

// No reader would survive it.
internal sealed class ExchangedField : IReplacing
{
    private Disposed? _value;

    public void Replace(Disposed value) => Interlocked.Exchange(ref _value, value)?.Dispose();

    public void Dispose() => Interlocked.Exchange(ref _value, null)?.Dispose();
}
