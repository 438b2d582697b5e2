using System.Threading.Tasks.Sources;
using Quiescent.Ordering;

namespace Quiescent.Locks;

// A writer, from its place in the line until it is alone. It goes on on a pool thread when it is given the turn, and
// spins there a little while readers leave. After that the reclaimer looks whether they have left.
internal sealed class AsyncWriteWait : AsyncLockWait, IValueTaskSource<AsyncWriteScope>
{
    private readonly LockHolder _writer;
    private ulong _target; // Of the grace period that it waits for; 0 before it has set the word.
    private bool _hasSpun;

    /// <exception cref="OutOfMemoryException">There is no memory for the wait.</exception>
    public AsyncWriteWait(AsyncLockCore core)
        : base(core) => _writer = new LockHolder(this);

    /// <summary>The write, once the wait is inside.</summary>
    public AsyncWriteScope Scope => new(Core, _writer);

    public override LockHolder? Writer => _writer;

    /// <summary>Goes on on a pool thread: the thread that leaves shall not wait for a process-wide barrier.</summary>
    public override void Wake() => RunOnPool();

    public AsyncWriteScope GetResult(short token)
    {
        RequireInside(token);
        return Scope;
    }

    public ValueTaskSourceStatus GetStatus(short token) => StatusOf(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Register(continuation, state, token, flags);

    protected override bool WaitsForReaders => Order.Acquire(in _target) != 0;

    protected override End Advance()
    {
        LockQueue queue = Core.Queue;
        Core.Domain.ThrowIfDisposed();
        if (!queue.TryTakeTurn(_writer, this, mayOvertake: false))
        {
            return queue.IsDisposed ? End.Disposed : End.NotYet;
        }

        Backoff backoff = default;
        while (!queue.IsDisposed && !TryGoOn())
        {
            if (IsCancelled)
            {
                return End.Cancelled;
            }

            if (backoff.IsSleeping || _hasSpun)
            {
                _hasSpun = true;
                AwaitReclaimer(_target);
                return End.NotYet;
            }

            backoff.Pause();
        }

        if (queue.IsDisposed)
        {
            return End.Disposed;
        }

        _writer.GoIn();
        return End.Inside;
    }

    // Also true if the pool refused to run it with the turn, or at a disposal.
    protected override bool MayGoOn()
    {
        LockQueue queue = Core.Queue;
        ulong target = Order.Acquire(in _target);
        return queue.IsDisposed
            || queue.Holder != _writer
            || (target == 0 ? queue.MayAnnounce() : Core.Domain.Engine.HasCompleted(target));
    }

    // L7 (a writer is alone): as in ReaderWriterCore.WaitForReaders. True: the writer is alone.
    private bool TryGoOn()
    {
        if (_target == 0)
        {
            if (!Core.Queue.TryAnnounce())
            {
                return false;
            }

            ulong target = Core.Domain.Engine.NextTarget();
            Core.Queue.SetTarget(target);
            Order.Release(ref _target, target);
        }

        return Core.Domain.TryAdvanceQuietly(_target);
    }
}
