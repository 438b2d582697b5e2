using System.Threading.Tasks.Sources;
using Quiescent.Ordering;

namespace Quiescent.Locks;

// A reader that found a writer in the way. The thread that lets it in opens its section; so it is inside before the
// next writer sets the word, however long its continuation waits for a thread.
internal sealed class AsyncReadWait(AsyncLockCore core) : AsyncLockWait(core), IValueTaskSource<AsyncReadScope>
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
        while (!Core.TryRead(out _scope))
        {
            if (Core.Queue.TryJoinReaders(this))
            {
                return End.NotYet;
            }

            if (Core.Queue.IsDisposed)
            {
                return End.Disposed;
            }
        }

        Core.Queue.Leave(this);
        return End.Inside;
    }

    // The reclaimer has it only if the pool refused it.
    protected override bool MayGoOn() => true;
}
