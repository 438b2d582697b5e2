using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Diagnostics;

// Names the callback that does not return, as ReaderStallDetector names the reader. Callbacks take no time stamps: a
// callback's age counts from when a waiting thread first saw it run. So a report may come late, by up to a timeout, and
// never early.
internal sealed class CallbackStallDetector(ICallbackWatch code, TimeSpan timeout)
{
    private readonly StallTiming _timing = new(timeout);
    private (nint Queue, long Position) _seen;
    private long _firstSeen;
    private int _lock;
    private long _count;

    public long Count => Order.Acquire(in _count);

    /// <summary>Whether a stall must be reported now; if so, what stalls, for how long, and how many reports that
    /// makes.</summary>
    public bool TryDetect(out CallbackStall stall)
    {
        stall = default;
        if (_timing.IsNever || !code.TryRead(out (nint Queue, long Position) running) || !TryLock.TryEnter(ref _lock))
        {
            return false;
        }

        try
        {
            long now = Stopwatch.GetTimestamp();
            if (_seen != running)
            {
                _seen = running;
                _firstSeen = now;
                _timing.Begin(now);
            }

            if (!_timing.IsDue(now, out int reports))
            {
                return false;
            }

            Order.Increment(ref _count);
            stall = new CallbackStall(code, running, Stopwatch.GetElapsedTime(_firstSeen, now), reports);
            return true;
        }
        finally
        {
            TryLock.Exit(ref _lock);
        }
    }
}

// One finding of the detector. Running comes from the code that it looks at, which knows its name.
internal readonly record struct CallbackStall(
    ICallbackWatch Code, (nint Queue, long Position) Running, TimeSpan Duration, int Reports);
