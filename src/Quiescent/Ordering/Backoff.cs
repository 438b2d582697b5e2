using System.Diagnostics;
using static Quiescent.Tuning;

namespace Quiescent.Ordering;

// How every wait in this library goes: it spins while the wait is likely to be shorter than a context switch, then
// yields the processor, then sleeps. Grace periods take from half a microsecond to as long as a reader likes, so all
// three matter.
internal struct Backoff
{
    private int _step;
    private bool _wasInterrupted;

    /// <summary>True once the wait has lasted long enough that the caller may read clocks and write reports.</summary>
    public readonly bool IsSleeping => _step >= YieldSteps;

    /// <summary>Whether the wait has lasted about as long as going to sleep and being woken takes.</summary>
    public readonly bool IsWorthSleeping => _step >= WakeSteps;

    /// <summary>Starts again with spinning, as after progress.</summary>
    public void Restart() => _step = 0;

    /// <summary>One step. Throws <see cref="ThreadInterruptedException"/> if the thread is interrupted in a
    /// sleep.</summary>
    public void Pause()
    {
        if (_step < SpinSteps)
        {
            if (_step >= RetrySteps && Environment.ProcessorCount > 1)
            {
                Thread.SpinWait(_step);
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

    /// <summary>One step. Where it would sleep, it waits for its turn instead, if the thread has a place in a
    /// line.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted in a sleep or while it was
    /// blocked.</exception>
    public void Pause(WaitLine.Waiter? waiter)
    {
        if (IsSleeping && waiter is not null)
        {
            waiter.Sleep();
        }
        else
        {
            Pause();
        }
    }

    /// <summary>One step that waits for the thread's turn, and in its turn for somebody to wake it, however short the
    /// wait was until now. If nobody ends the sleep, the wait counts as long from then on.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted in a sleep or while it was
    /// blocked.</exception>
    public void Sleep(WaitLine.Waiter waiter)
    {
        if (!waiter.Sleep(isBrief: !IsSleeping))
        {
            _step = YieldSteps;
        }
    }

    /// <summary>One step of a thread that may hold a lock: nothing interrupts it, and no code of the program runs on
    /// the thread meanwhile.</summary>
    public void PauseInLock()
    {
        if (IsSleeping)
        {
            Threads.SleepInLock();
        }
        else
        {
            Pause();
        }
    }

    /// <summary>One step; an interrupt is deferred until <see cref="RestoreInterrupt"/>. Where it strikes, first-chance
    /// handlers of the program run on this thread: hold no lock.</summary>
    public void PauseUninterrupted(WaitLine.Waiter? waiter = null)
    {
        try
        {
            Pause(waiter);
        }
        catch (ThreadInterruptedException)
        {
            _wasInterrupted = true;
        }
    }

    /// <summary>Makes a deferred interrupt pending again: it strikes in the thread's next wait of its own.</summary>
    public readonly void RestoreInterrupt()
    {
        if (_wasInterrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }

    /// <summary>Sleeps for the whole time; an interrupt that comes meanwhile is pending again afterwards.</summary>
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
