using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Locks;

// What an asynchronous reader-writer lock does beyond its readers' fast path. The protocol is the synchronous lock's:
// LockQueue.cs says why a writer is alone, and why neither side starves. What differs:
//
// - A reader is a sleepable section: its announcement is [P] in Sleepable/SleepableSection.cs in place of [A].
// - It has no thread. So nobody knows whether it is inside a section of the lock already, and it always waits for a
//   writer that is in the way.
// - Those that wait look again only when they are called (AsyncLockWait.cs).
internal sealed class AsyncLockCore
{
    private readonly Func<SrcuReadLock> _open;
    private readonly LockReports _reports;
    private readonly WaiterAlarm _stallTimer;

    /// <param name="domain">Of the sections.</param>
    /// <param name="name">For reports.</param>
    /// <param name="open">Opens a section of the domain.</param>
    public AsyncLockCore(DomainCore domain, string name, Func<SrcuReadLock> open)
    {
        Domain = domain;
        Name = name;
        _open = open;
        _reports = new LockReports(domain, Queue, name);
        _stallTimer = new WaiterAlarm(
            () => Queue.Count != 0 || domain.Reclaimer.Waiters.Any,
            LookAfterWaits,
            WaiterAlarm.IntervalOf(domain.Options.StallTimeout));
    }

    public DomainCore Domain { get; }

    public string Name { get; }

    public LockQueue Queue { get; } = new();

    /// <summary>Goes in as a reader, if no writer is in the way.</summary>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the section.</exception>
    public bool TryRead(out AsyncReadScope scope)
    {
        SrcuReadLock section = _open();
        if (Order.Acquire(in Queue.Word) == 0)
        {
            scope = new AsyncReadScope(section); // As [N] in RcuAsyncReaderWriterLock.cs.
            return true;
        }

        section.Dispose();
        scope = default;
        return false;
    }

    /// <summary>Waits as a reader.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the wait.</exception>
    public ValueTask<AsyncReadScope> ReadAsync(CancellationToken cancellationToken)
    {
        AsyncReadWait wait = new(this);
        if (wait.TryBegin(cancellationToken))
        {
            return new ValueTask<AsyncReadScope>(wait.Scope);
        }

        StartStallTimer();
        return new ValueTask<AsyncReadScope>(wait, token: 0);
    }

    /// <summary>Goes in as the writer, or waits for that.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the wait.</exception>
    public ValueTask<AsyncWriteScope> WriteAsync(CancellationToken cancellationToken)
    {
        AsyncWriteWait wait = new(this);
        if (wait.TryBegin(cancellationToken))
        {
            return new ValueTask<AsyncWriteScope>(wait.Scope);
        }

        StartStallTimer();
        return new ValueTask<AsyncWriteScope>(wait, token: 0);
    }

    /// <summary>Goes in as the writer, if nobody is in the way.</summary>
    /// <exception cref="ObjectDisposedException">The lock or its domain is disposed.</exception>
    public bool TryWrite(out AsyncWriteScope scope)
    {
        ThrowIfDisposed();
        Domain.ThrowIfDisposed();
        scope = default;
        LockHolder writer = new(waiter: null);
        if (!Queue.TryTakeTurn(writer, waiter: null, mayOvertake: false))
        {
            return false;
        }

        bool isAlone = false;
        try
        {
            if (Queue.TryAnnounce())
            {
                ulong target = Domain.Engine.NextTarget();
                Queue.SetTarget(target);
                isAlone = Domain.TryAdvanceQuietly(target) && !Queue.IsDisposed;
            }
        }
        finally
        {
            if (!isAlone)
            {
                Queue.TryEndTurn(writer); // L9 (giving up leaves nothing)
            }
        }

        if (isAlone)
        {
            writer.GoIn();
            scope = new AsyncWriteScope(this, writer);
        }

        return isAlone;
    }

    /// <summary>The writer leaves.</summary>
    /// <exception cref="InvalidOperationException">It has left before. Nothing has changed.</exception>
    public void EndWrite(LockHolder writer)
    {
        if (!Queue.TryEndTurn(writer))
        {
            throw new InvalidOperationException(
                $"The scope of a write of the lock '{Name}' was disposed before, perhaps through a copy. "
                + "Nothing has changed.");
        }
    }

    /// <summary>From here on nobody goes in, and nobody waits. May be called again.</summary>
    public void Close()
    {
        Queue.Close();
        _stallTimer.End();
    }

    /// <exception cref="ObjectDisposedException">The lock is disposed.</exception>
    public void ThrowIfDisposed()
    {
        if (Queue.IsDisposed)
        {
            throw Disposed();
        }
    }

    /// <summary>The exception of a call on the disposed lock.</summary>
    public ObjectDisposedException Disposed() =>
        new("RcuAsyncReaderWriterLock", $"The lock '{Name}' is disposed.");

    /// <summary>Somebody waits. Without a thread nobody else would see that a writer does not leave. As in Reclaimer:
    /// the process's first timer waits for event listeners; until there is one, the next wait tries again. Never
    /// throws.</summary>
    public void StartStallTimer()
    {
        try
        {
            if (PlatformPools.AreUsed)
            {
                _stallTimer.Begin();
            }
        }
        catch (OutOfMemoryException)
        {
            // Without the timer they wait all the same.
        }
    }

    private void LookAfterWaits()
    {
        _reports.Request();
        if (Domain.Reclaimer.Waiters.Any)
        {
            Domain.Reclaimer.EnsureThread(); // There was none to be had when the pool refused a wait.
        }
    }
}
