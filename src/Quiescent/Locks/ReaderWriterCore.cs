using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent.Locks;

// What a reader-writer lock does beyond its readers' fast path. LockQueue.cs says why a writer is alone, and why
// neither side starves.
//
// L7, for a reader that is inside a section of the domain already, its own lock's or another's: it need not wait for a
//     writer that waits for that very section, and must not, as the two would wait for each other. But if the scan has
//     passed its slot (the section began too late for the writer to wait for it), the writer may be inside. Which of
//     both it is, the engine knows, under its lock (GracePeriodEngine.WaitsFor). That a section has an older sequence
//     than the target does not tell: it may have been announced after the scan had passed by.
// O8  From when it has the turn, a writer sleeps in the system, where no interrupt raises an exception, and leaves
//     reports to the thread pool: no code of the program runs on its thread while it keeps readers out. Exceptions are
//     thrown after it has given the turn up.
internal sealed unsafe class ReaderWriterCore
{
    private readonly DomainCore _domain;
    private readonly LockReports _reports;
    private readonly string _name;

    public ReaderWriterCore(DomainCore domain, string name)
    {
        _domain = domain;
        _name = name;
        _reports = new LockReports(domain, Queue, name);
    }

    public LockQueue Queue { get; } = new();

    /// <summary>Whether this thread is inside as a writer.</summary>
    public bool IsWriting => Queue.Holder is { IsCurrent: true, Since: not 0 };

    /// <summary>Opens a section in which no writer is inside. False: the time is over.</summary>
    /// <exception cref="ObjectDisposedException">The lock or its domain is disposed.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted.</exception>
    public bool TryRead(Deadline deadline, out ReadGuard guard)
    {
        LockWait wait = new(Queue, _reports, deadline);
        try
        {
            while (!TryGoIn(out guard, out ulong seen))
            {
                if (!wait.TryPauseForWriter(seen))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            wait.End();
        }
    }

    /// <summary>Waits until this thread is alone. Null: the time is over.</summary>
    /// <exception cref="LockRecursionException">The thread would wait for itself.</exception>
    /// <exception cref="ObjectDisposedException">The lock or its domain is disposed.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited for other
    /// writers.</exception>
    public LockHolder? TryWrite(Deadline deadline)
    {
        ThrowIfDisposed();
        _domain.ThrowIfDisposed();
        RequireMayWrite();
        LockHolder writer = new();
        if (!TryTakeTurn(writer, deadline))
        {
            return null;
        }

        Outcome outcome = Outcome.Failed;
        try
        {
            outcome = WaitForReaders(deadline);
        }
        finally
        {
            if (outcome != Outcome.Alone)
            {
                Queue.TryEndTurn(writer); // L9 (giving up leaves nothing)
            }
        }

        if (outcome == Outcome.Exiting)
        {
            throw ProcessEnd.RanOut();
        }

        if (outcome != Outcome.Alone)
        {
            ThrowIfDisposed();
            return null;
        }

        writer.GoIn();
        return writer;
    }

    /// <summary>The writer leaves.</summary>
    /// <exception cref="InvalidOperationException">It has left before. Nothing has changed.</exception>
    public void EndWrite(LockHolder writer)
    {
        if (!writer.IsCurrent || !Queue.TryEndTurn(writer))
        {
            throw new InvalidOperationException(
                $"The scope of a Write of the lock '{_name}' was disposed before, perhaps through a copy. "
                + "Nothing has changed.");
        }
    }

    /// <summary>From here on nobody goes in, and nobody waits. May be called again.</summary>
    /// <exception cref="InvalidOperationException">This thread is inside as a writer.</exception>
    public void Close()
    {
        if (Queue.Holder is { IsCurrent: true } && !ProcessEnd.IsOnThisThread)
        {
            throw new InvalidOperationException(
                $"Dispose was called inside a Write of the lock '{_name}'. Leave it first.");
        }

        Queue.Close();
    }

    /// <summary>The exception of a call on the disposed lock.</summary>
    public ObjectDisposedException Disposed() =>
        new("RcuReaderWriterLock", $"The lock '{_name}' is disposed.");

    private bool TryGoIn(out ReadGuard guard, out ulong seen)
    {
        _domain.ThrowIfDisposed();
        ReaderSlot* slot = _domain.Registrar.Register();

        // SAFETY: the domain, which this object keeps, keeps the slot's memory and the state (O5: slot visible before
        // use).
        guard = new ReadGuard(slot, Section.EnterBeyondFast(slot, _domain.State));
        seen = Order.Acquire(in Queue.Word); // As [N] in RcuReaderWriterLock.cs.
        if (seen == 0 || MayStay(ReaderSlot.Untwinned(slot), seen))
        {
            return true;
        }

        guard.Dispose();
        guard = default;
        ThrowIfDisposed();
        return false;
    }

    // Whether a reader that has found the word set may stay in its section.
    private bool MayStay(ReaderSlot* real, ulong word)
    {
        if ((word & WriterWord.Disposed) != 0)
        {
            return false;
        }

        // Its own thread's writer, which is inside, or will be only when this read is over.
        if (Queue.Holder is { IsCurrent: true })
        {
            return true;
        }

        return SectionWord.Nesting(real->Word) > 1
            && (word & WriterWord.HasTarget) != 0
            && _domain.Engine.WaitsFor(real, WriterWord.TargetOf(word));
    }

    private void RequireMayWrite()
    {
        if (Queue.Holder is { IsCurrent: true })
        {
            throw new LockRecursionException($"Write was called inside a Write of the lock '{_name}'.");
        }

        ReaderSlot* slot = _domain.Registrar.Known;
        if (Section.HoldsUpGracePeriods(slot))
        {
            throw new LockRecursionException(
                $"Write was called inside a Read of the lock '{_name}', or another section of its domain: it would "
                + $"wait for itself. Leave the Read first; what it has seen may have changed when Write returns."
                + Section.DescribeOpen(slot));
        }

        _domain.RequireMayWait("Write");
    }

    private bool TryTakeTurn(LockHolder writer, Deadline deadline)
    {
        LockWait wait = new(Queue, _reports, deadline);
        try
        {
            while (!Queue.TryTakeTurn(writer, wait.Waiter, wait.HasNoMemory))
            {
                ThrowIfDisposed();
                if (!wait.TryPauseForTurn())
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            wait.End();
        }
    }

    // By the writer that has the turn. No code of the program runs here (O8).
    private Outcome WaitForReaders(Deadline deadline)
    {
        PatientWait wait = new(this, deadline);
        while (!Queue.TryAnnounce())
        {
            if (wait.TryPause() is { } outcome)
            {
                return outcome;
            }
        }

        ulong target = _domain.Engine.NextTarget();
        Queue.SetTarget(target);
        try
        {
            wait = new PatientWait(this, deadline);
            while (!_domain.TryAdvanceQuietly(target))
            {
                if (wait.TryPause() is { } outcome)
                {
                    return outcome;
                }
            }
        }
        finally
        {
            _domain.EndWaitOfLock(_name);
        }

        return Queue.IsDisposed ? Outcome.Disposed : Outcome.Alone;
    }

    private void ThrowIfDisposed()
    {
        if (Queue.IsDisposed)
        {
            ThrowDisposed();
        }
    }

    [DoesNotReturn]
    private void ThrowDisposed() => throw Disposed();

    // How the wait of a writer for readers ended.
    private enum Outcome
    {
        Failed,
        Alone,
        TooLate,
        Exiting,
        Disposed,
    }

    // A wait in which nothing interrupts the thread.
    private struct PatientWait(ReaderWriterCore core, Deadline deadline)
    {
        private Backoff _backoff;
        private ExitShare _exit;

        // Null: look again.
        public Outcome? TryPause()
        {
            if (core.Queue.IsDisposed)
            {
                return Outcome.Disposed;
            }

            if (deadline.HasPassed)
            {
                return Outcome.TooLate;
            }

            if (_backoff.IsSleeping)
            {
                if (ProcessEnd.IsOnThisThread && _exit.HasRunOut())
                {
                    return Outcome.Exiting;
                }

                core._domain.BeginWaitOfLock(core._name);
                core._reports.Request();
            }

            _backoff.PauseInLock();
            return null;
        }
    }
}
