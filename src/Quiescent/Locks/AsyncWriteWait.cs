using System.Threading.Tasks.Sources;
using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Locks;

// A writer, from its place in the line until it is alone. It goes on on a pool thread when it has the turn, and spins
// there a little while readers leave. After that the reclaimer looks for it whether they have left.
internal sealed class AsyncWriteWait : AsyncLockWait, IValueTaskSource<AsyncWriteScope>
{
    private readonly AsyncLockCore _core;
    private readonly LockHolder _writer;
    private Progress _progress;
    private ulong _target;
    private Looking? _looking;

    /// <exception cref="OutOfMemoryException">There is no memory for the wait.</exception>
    public AsyncWriteWait(AsyncLockCore core)
    {
        _core = core;
        _writer = new LockHolder(this);
    }

    private enum Progress
    {
        InLine,
        HasTurn,
        WaitsForReaders,
    }

    /// <summary>The write, once the wait is inside.</summary>
    public AsyncWriteScope Scope => new(_core, _writer);

    /// <summary>Goes on on a pool thread: the thread that leaves shall not wait for a process-wide barrier.</summary>
    public override void Wake()
    {
        try
        {
            FaultInjection.ThrowIfDue(FaultSite.PoolThread);
            Threads.Queue(this);
        }
        catch (OutOfMemoryException)
        {
            Call();
        }
    }

    public AsyncWriteScope GetResult(short token)
    {
        RequireInside(token);
        return Scope;
    }

    public ValueTaskSourceStatus GetStatus(short token) => StatusOf(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Register(continuation, state, token, flags);

    protected override End Advance()
    {
        LockQueue queue = _core.Queue;
        _core.Domain.ThrowIfDisposed();
        if (_progress == Progress.InLine)
        {
            if (!queue.TryTakeTurn(_writer, this, mayOvertake: false))
            {
                return queue.IsDisposed ? End.Disposed : End.NotYet;
            }

            _progress = Progress.HasTurn;
        }

        bool isFirstLook = _looking is null;
        if (_looking is { IsOver: true })
        {
            _looking = null;
        }

        Backoff backoff = default;
        while (!queue.IsDisposed && !TryGoOn())
        {
            if (IsCancelled)
            {
                return End.Cancelled;
            }

            if (backoff.IsSleeping || !isFirstLook)
            {
                Look();
                return End.NotYet;
            }

            backoff.Pause();
        }

        if (queue.IsDisposed)
        {
            return End.Disposed;
        }

        StopLooking();
        _writer.GoIn();
        return End.Inside;
    }

    // L9 (giving up leaves nothing)
    protected override void GiveUp()
    {
        StopLooking();
        if (_progress == Progress.InLine)
        {
            _core.Queue.Leave(this);
        }
        else
        {
            _core.Queue.TryEndTurn(_writer);
        }
    }

    protected override ObjectDisposedException Disposed() => _core.Disposed();

    // L7 (a writer is alone): as in ReaderWriterCore.WaitForReaders. True: the writer is alone.
    private bool TryGoOn()
    {
        if (_progress == Progress.HasTurn)
        {
            if (!_core.Queue.TryAnnounce())
            {
                return false;
            }

            _target = _core.Domain.Engine.NextTarget();
            _core.Queue.SetTarget(_target);
            _progress = Progress.WaitsForReaders;
        }

        return _core.Domain.TryAdvanceQuietly(_target);
    }

    // Has the reclaimer look, unless it does so already.
    private void Look()
    {
        if (_looking is not null)
        {
            return;
        }

        Func<bool>? mayAnnounce = _progress == Progress.HasTurn ? _core.Queue.MayAnnounce : null;
        _looking = new Looking(this, mayAnnounce, _target);
        _core.Domain.BeginWaitOfLock(_core.Name);
        _core.Domain.Reclaimer.Await(_looking);
    }

    private void StopLooking()
    {
        if (_looking is not null)
        {
            _looking.Forget();
            _core.Domain.Reclaimer.Waiters.Withdraw(_looking);
            _looking = null;
        }

        _core.Domain.EndWaitOfLock(_core.Name);
    }

    // A look of the reclaimer's for the writer.
    private sealed class Looking(AsyncWriteWait wait, Func<bool>? isDone, ulong target)
        : AsyncWaiters.Waiter(isDone, target)
    {
        private int _isOver;

        public override bool IsOver => Order.Acquire(in _isOver) != 0;

        public override void Forget() => Order.Release(ref _isOver, 1);

        public override void Abandon(Exception exception) => Finish();

        protected override void Finish()
        {
            Forget();
            wait.Call();
        }
    }
}
