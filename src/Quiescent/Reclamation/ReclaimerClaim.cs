using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// Which thread is a domain's reclaimer. At most one thread has the claim at a time: a thread of the domain's own, one
// that serves other domains too (SharedReclaimer), or the one that steps the domain. So each queue has one consumer of
// the reclaimer's kind (O8, O10).
//
// O8  A thread that was started or asked takes the claim by itself, under the gate. So it does not matter that two
//     callers may each start one: the first that runs has the claim, and the other one ends. A caller relies on a
//     thread that has started: it takes the claim, or another one has it, or the domain is closed or stepped.
internal sealed class ReclaimerClaim(DomainCore core, Reclaimer reclaimer)
{
    private Thread? _thread;
    private ulong _osThreadId;
    private Signal? _signal;
    private int _gate;
    private int _started;
    private int _stopping;

    /// <summary>The thread that has the claim.</summary>
    public Thread? Thread => Order.Acquire(in _thread);

    public ulong OsThreadId => Order.Acquire(in _osThreadId);

    public bool IsCurrentThread => Thread == Thread.CurrentThread;

    /// <summary>Whether the disposal is under way: nobody takes the claim from here on.</summary>
    public bool IsStopping => Order.Acquire(in _stopping) != 0;

    private bool IsStepped => core.Engine.Stepping.IsOn;

    /// <summary>Wakes the thread that has the claim, if it sleeps.</summary>
    public void SetSignal() => Order.Acquire(in _signal)?.Set();

    /// <summary>A thread that was started or asked, or is about to be, uses the slots and may run callbacks.</summary>
    /// <param name="change">1 ahead of that, and -1 when the thread has no more to do with the domain.</param>
    public void CountStarted(int change)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        _started += change;
        if (_started == 0)
        {
            ProcessExit.Forget(reclaimer);
        }
        else if (change > 0 && _started == 1)
        {
            ProcessExit.Add(reclaimer);
        }
    }

    /// <summary>Takes the claim for this thread. Not before the thread runs: a caller that sees a thread relies on
    /// it.</summary>
    /// <param name="signal">On which the thread sleeps.</param>
    public bool TryTake(Signal signal)
    {
        ulong osThreadId = OsThread.CurrentId(); // Under no lock: its first use takes memory (O8).
        using (TryLock.Hold(ref _gate))
        {
            if (_thread is not null || _stopping != 0 || IsStepped)
            {
                return false;
            }

            Order.Release(ref _osThreadId, osThreadId);
            Order.Release(ref _signal, signal);
            Order.Release(ref _thread, Thread.CurrentThread);
        }

        Order.Fence(); // A caller that found no signal to set stored what it wants before: it is seen from here on.
        return true;
    }

    /// <summary>As <see cref="TryTake"/>. Even code that runs for the first time takes some memory, and a thread that
    /// others rely on must not end for want of it.</summary>
    public bool TryTakeSurely(Signal signal)
    {
        while (true)
        {
            try
            {
                return TryTake(signal);
            }
            catch (OutOfMemoryException)
            {
                if (IsCurrentThread)
                {
                    return true;
                }
            }
        }
    }

    /// <summary>Gives the claim up, unless the domain is being disposed of: the disposal may have seen this thread, and
    /// waits for its end.</summary>
    public bool TryGiveUp()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_stopping != 0)
        {
            return false;
        }

        Drop();
        return true;
    }

    /// <summary>Gives the claim up.</summary>
    public void GiveUp()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Drop();
    }

    /// <summary>From here on nobody takes the claim. Returns the thread that has it.</summary>
    public Thread? Stop()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Order.Release(ref _stopping, 1);
        return _thread;
    }

    public bool TryBeginSteps()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_started != 0 || _stopping != 0 || IsStepped)
        {
            return false;
        }

        core.Engine.Stepping.Begin();
        return true;
    }

    /// <summary>The stepping thread has the claim for a step, in which nobody else can take it.</summary>
    public void BeginStep() => Order.Release(ref _thread, Thread.CurrentThread);

    public void EndStep() => Order.Release(ref _thread, null);

    // The signal goes with the claim. Of a domain that is dropped now and made reachable again by a finalizer of the
    // program, it would be found closed: only its thread surely keeps it. An append that then threw for the signal,
    // behind its push, would leave its block with the caller as well.
    private void Drop()
    {
        Order.Release(ref _signal, null);
        Order.Release(ref _thread, null);
    }
}
