using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// One thread disposes of a domain. Others that want to do the same meanwhile wait until it is done, since their callers
// rely on it too; if it failed, the next of them takes over.
//
// Checked by: DisposeTests; mutant second-disposal-returns-early.
internal sealed class DomainDisposal(DomainCore core)
{
    private const int Open = 0;
    private const int InProgress = 1;
    private const int Done = 2;

    private Thread? _thread;
    private int _state;

    /// <summary>Whether the domain is closed, by one thread or asynchronously, and the disposal is not done.</summary>
    public bool IsUnderWay => core.IsDisposed && Order.Acquire(in _state) != Done;

    /// <summary>Whether this thread must dispose of the domain, and then call <see cref="End"/>. False: it is disposed
    /// of; or a handler that the disposal runs has asked, which cannot wait for itself; or the process is
    /// exiting.</summary>
    public bool TryBegin()
    {
        Backoff backoff = default;
        ExitShare exit = default;
        try
        {
            while (Order.CompareExchange(ref _state, InProgress, Open) is not Open and var state)
            {
                if (state == Done
                    || Order.Acquire(in _thread) == Thread.CurrentThread
                    || (backoff.IsSleeping && exit.HasRunOut()))
                {
                    return false;
                }

                backoff.PauseUninterrupted();
            }
        }
        finally
        {
            backoff.RestoreInterrupt();
        }

        Order.Release(ref _thread, Thread.CurrentThread);
        return true;
    }

    /// <summary>Disposes of the closed domain on a pool thread, once nothing waits any more: the reclaimer sees to
    /// that. At the process's exit it waits no longer than the exit does.</summary>
    /// <param name="dispose">Disposes of the domain, as the synchronous call does.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for it, or the reclaimer cannot be
    /// started.</exception>
    public async Task RunWhenNothingWaits(Action dispose)
    {
        // A caller inside a section must not wait for what another thread queues meanwhile.
        if (core.Reclaimer.Thread is not null || BarrierWait.IsAnythingLeft(core) || core.IsEntangled)
        {
            Task empty = core.Reclaimer.WaitAsync(
                () => !BarrierWait.IsAnythingLeft(core), CancellationToken.None);
            await Task.WhenAny(empty, ProcessEnd.Over).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            _ = empty.Exception; // Another thread's disposal was faster.
        }

        dispose();
    }

    public void End(bool isDone)
    {
        Order.Release(ref _thread, null);
        Order.Release(ref _state, isDone ? Done : Open);
    }
}
