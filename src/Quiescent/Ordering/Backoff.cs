using System.Diagnostics;
using static Quiescent.Tuning;

namespace Quiescent.Ordering;

// How everything in this library waits: spin while the wait is likely to be shorter than a context switch, then give
// the processor away, then sleep. Grace periods take from half a microsecond to as long as a reader likes, so all three
// matter.
internal struct Backoff
{
    private int _step;
    private bool _wasInterrupted;

    /// <summary>True once the wait has lasted long enough for clocks to be read and reports to be written.</summary>
    public readonly bool IsSleeping => _step >= YieldSteps;

    /// <summary>Begins again with spinning, as after progress.</summary>
    public void Restart() => _step = 0;

    /// <summary>One step. Throws <see cref="ThreadInterruptedException"/> if the thread is interrupted in a
    /// sleep.</summary>
    public void Pause()
    {
        if (_step < SpinSteps)
        {
            if (Environment.ProcessorCount > 1)
            {
                Thread.SpinWait(8 + _step);
            }

            _step++;
        }
        else if (_step < YieldSteps)
        {
            Thread.Yield();
            _step++;
        }
        else
        {
            Thread.Sleep(SleepMilliseconds);
        }
    }

    /// <summary>One step; an interrupt is put off until <see cref="RestoreInterrupt"/>.</summary>
    public void PauseUninterrupted()
    {
        try
        {
            Pause();
        }
        catch (ThreadInterruptedException)
        {
            _wasInterrupted = true;
        }
    }

    /// <summary>Makes an interrupt that was put off pending again, for the thread's next own wait.</summary>
    public readonly void RestoreInterrupt()
    {
        if (_wasInterrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }

    /// <summary>A whole sleep; an interrupt is pending again after it.</summary>
    public static void SleepUninterrupted(int milliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        bool wasInterrupted = false;
        int left = milliseconds;
        while (left > 0)
        {
            try
            {
                Thread.Sleep(left);
                left = 0;
            }
            catch (ThreadInterruptedException)
            {
                wasInterrupted = true;
                left = milliseconds - (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        if (wasInterrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}
