using Quiescent.Ordering;

namespace Quiescent.Locks;

// How a thread waits in a lock's queue: it spins and yields, then takes a place and is blocked. It holds nothing
// meanwhile, so an interrupt may strike (O8).
internal struct LockWait(LockQueue queue, LockReports reports, Deadline deadline)
{
    private Backoff _backoff;
    private ExitShare _exit;
    private ThreadWaiter? _waiter;

    /// <summary>The thread's place in the queue; null before it needs one, and without memory.</summary>
    public readonly LockWaiter? Waiter => _waiter;

    /// <summary>Whether the thread goes on without a place, since there is no memory for one.</summary>
    public readonly bool HasNoMemory => _backoff.IsSleeping && _waiter is null;

    /// <summary>Waits a little for a writer to leave; look again then. False: the time is over.</summary>
    /// <param name="seen">The word by which the thread has found that it must wait.</param>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted.</exception>
    /// <exception cref="TimeoutException">The thread runs the handlers of the process's exit, and its share of time is
    /// over.</exception>
    public bool TryPauseForWriter(ulong seen)
    {
        if (!TryPrepare(out bool mayBlock))
        {
            return false;
        }

        if (mayBlock && queue.TryJoinReaders(_waiter!, seen))
        {
            Block();
        }
        else if (mayBlock)
        {
            _backoff.Restart();
        }

        return true;
    }

    /// <summary>As <see cref="TryPauseForWriter"/>, for a writer, which is in the line by now if it has a
    /// waiter.</summary>
    public bool TryPauseForTurn()
    {
        bool isInTime = TryPrepare(out bool mayBlock);
        if (mayBlock)
        {
            Block();
        }

        return isInTime;
    }

    /// <summary>The wait is over, or given up.</summary>
    public readonly void End()
    {
        if (_waiter is not null)
        {
            queue.Leave(_waiter);
        }
    }

    // False: the time is over. Else the thread may block, or has done what there was to do.
    private bool TryPrepare(out bool mayBlock)
    {
        mayBlock = false;
        if (deadline.HasPassed)
        {
            return false;
        }

        if (!_backoff.IsSleeping)
        {
            _backoff.Pause();
            return true;
        }

        reports.Request();
        if (ProcessEnd.IsOnThisThread && _exit.HasRunOut())
        {
            throw ProcessEnd.RanOut();
        }

        mayBlock = _waiter is not null;
        _waiter ??= ThreadWaiter.TryCreate();
        if (_waiter is null)
        {
            _backoff.Pause();
        }

        return true;
    }

    private readonly void Block() =>
        _waiter!.Sleep(deadline.AtMost(Threads.BlockedAtMost(queue.Count)));
}
