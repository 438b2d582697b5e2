using Quiescent.Locks;

namespace Quiescent;

/// <summary>
/// A write of an <see cref="RcuAsyncReaderWriterLock"/>, open until it is disposed of. Dispose of it once, on any
/// thread: <c>using (await table.WriteAsync()) { … }</c>. It may be held across <c>await</c>, stored and passed on.
/// </summary>
/// <remarks><b>Safety.</b> Copies stand for the same write: the first disposal ends it, and a second one throws. A
/// write that is never left holds the lock for ever.</remarks>
public readonly struct AsyncWriteScope : IDisposable
{
    private readonly AsyncLockCore _core;
    private readonly LockHolder? _writer;

    internal AsyncWriteScope(AsyncLockCore core, LockHolder writer)
    {
        _core = core;
        _writer = writer;
    }

    /// <summary>Leaves (<c>percpu_up_write</c>): lets in the readers that wait, then the next writer. Their
    /// continuations run on the thread pool. The default does nothing.</summary>
    /// <remarks>Opens a section for each reader that waits: takes as long as there are many, and registers this thread
    /// with the domain. A reader for which there is no memory then fails.</remarks>
    /// <exception cref="InvalidOperationException">It was disposed of before, perhaps through a copy. Nothing has
    /// changed.</exception>
    public void Dispose()
    {
        if (_writer is not null)
        {
            _core.EndWrite(_writer);
        }
    }
}
