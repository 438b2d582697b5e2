using System.Threading.Tasks.Sources;
using Quiescent.Ordering;

namespace Quiescent.Locks;

// A reader that found a writer in the way. The thread that lets it in opens its section; so it is inside before the
// next writer sets the word, however long its continuation waits for a thread.
internal sealed class AsyncReadWait(AsyncLockCore core) : AsyncLockWait, IValueTaskSource<AsyncReadScope>
{
    private AsyncReadScope _scope;

    /// <summary>The read, once the wait is inside.</summary>
    public AsyncReadScope Scope => _scope;

    public override void Wake() => Call();

    public AsyncReadScope GetResult(short token)
    {
        RequireInside(token);
        return _scope;
    }

    public ValueTaskSourceStatus GetStatus(short token) => StatusOf(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Register(continuation, state, token, flags);

    protected override End Advance()
    {
        while (!core.TryRead(out _scope))
        {
            if (core.Queue.TryJoinReaders(this))
            {
                return End.NotYet;
            }

            if (core.Queue.IsDisposed)
            {
                return End.Disposed;
            }
        }

        core.Queue.Leave(this);
        return End.Inside;
    }

    protected override void GiveUp() => core.Queue.Leave(this);

    protected override ObjectDisposedException Disposed() => core.Disposed();
}
