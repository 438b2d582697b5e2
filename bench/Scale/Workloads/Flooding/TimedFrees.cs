using System.Diagnostics;
using System.Runtime.CompilerServices;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads.Meters;

namespace Quiescent.Scale.Workloads.Flooding;

// Frees on this thread, each timed twice: by the clock, and by the processor's time that the thread got, which no
// preemption prolongs (it includes reading that clock, some tenths of a microsecond).
internal sealed unsafe class TimedFrees<TForm>(TForm form)
    where TForm : struct, IForm
{
    private const int CallsPerLook = 1024;
    private const int WarmUpCalls = 100_000;

    private Latencies _latencies = new();
    private long _longestByProcessor;

    public Reading Reading => new(_latencies.MaxMicroseconds)
    {
        Details =
        [
            new("longest by CPU time µs", _longestByProcessor / 1e3),
            new("p99.99 µs", _latencies.Microseconds(0.9999)),
            new("p50 µs", _latencies.Microseconds(0.5)),
            new("calls", _latencies.Count),
        ],
    };

    /// <summary>Has all methods compiled for good.</summary>
    public void WarmUp()
    {
        Warm.Up(() =>
        {
            Queue(WarmUpCalls);
            TimeBatch();
            Thread.Sleep(TimeSpan.FromMilliseconds(50));
        });
        Rcu.Barrier();
        _latencies = new();
        _longestByProcessor = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Queue(int blocks)
    {
        for (int i = 0; i < blocks; i++)
        {
            form.HandOver(Slots.Allocate(i));
        }
    }

    public void TimeUntil(Func<bool> isDone)
    {
        while (!isDone())
        {
            TimeBatch();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TimeBatch()
    {
        long longest = _longestByProcessor;
        for (int i = 0; i < CallsPerLook; i++)
        {
            long* block = Slots.Allocate(i);
            long processor = ProcessorTime.OfThisThread();
            long start = Stopwatch.GetTimestamp();
            form.HandOver(block);
            long ticks = Stopwatch.GetTimestamp() - start;
            processor = ProcessorTime.OfThisThread() - processor;
            _latencies.Add(ticks);
            longest = Math.Max(longest, processor);
        }

        _longestByProcessor = longest;
    }
}
