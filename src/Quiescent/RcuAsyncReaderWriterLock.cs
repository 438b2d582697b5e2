using System.Runtime.CompilerServices;
using Quiescent.Locks;
using Quiescent.Ordering;

namespace Quiescent;

/// <summary>
/// A reader-writer lock for asynchronous code whose readers write to no memory that others write
/// (the kernel's <c>percpu_rw_semaphore</c> over SRCU): for data that is read all the time, also across <c>await</c>,
/// and changed now and then. Needs no knowledge of RCU. <c>using (await table.ReadAsync()) { … }</c> costs about as
/// much as a sleepable section, on as many cores as read; <c>using (await table.WriteAsync()) { … }</c> waits until all
/// readers have left. Neither holds a thread while it waits.
/// </summary>
/// <remarks>
/// <para>While a writer waits or is inside, readers that come wait for it. When it leaves, those that wait go in before
/// the next writer does; so neither side keeps the other out for good. Writers come in the order in which they wait. As
/// in <see cref="RcuReaderWriterLock"/>.</para>
/// <para>A cancelled wait is not inside and keeps nobody out: a writer lets the readers in again for which it had
/// closed the lock. What remains is its request to the domain: the reclaimer looks every millisecond until the readers
/// that the writer waited for have left, and may still report them.</para>
/// <para>Reads and writes belong to no thread: they may be left on another one. Continuations run on the thread pool,
/// or where the awaiter asks for; never on the thread that lets them in. If the pool has no memory to run one, the
/// domain's reclaimer asks it again until it has.</para>
/// <para>A lock has an <see cref="SrcuDomain"/> of its own, unless it is given one. A writer waits for the readers of
/// all locks that share its domain, and for the domain's other sections. A callback of the domain that takes long
/// delays a writer that waits for readers, and with it the readers that come: the reclaimer, which runs the callback,
/// looks for the writer.</para>
/// <para>A read that outlasts the domain's <see cref="RcuDomainOptions.StallTimeout"/> while a writer waits is reported
/// by <see cref="GracePeriodDomain.Stalled"/>, with the thread that began it, or that let it in if it had to wait; and
/// so is a write for which others wait that long, with the thread that asked for it.</para>
/// <para><b>Safety.</b> Without a thread, recursion is not recognised. A WriteAsync inside a read or a write of the
/// same task waits for itself. So does a ReadAsync inside a read, if a writer has come meanwhile: hand the outer read
/// on instead. Inside a section of the domain, such as a read of another lock that shares it, await no lock of the
/// domain: its writer waits for the section. Nor block on one in a callback of the domain. The stall report names
/// them.</para>
/// <para>All members may be called on any thread.</para>
/// </remarks>
public sealed class RcuAsyncReaderWriterLock : IDisposable
{
    private readonly SrcuDomain _domain;
    private readonly LockQueue _queue;
    private readonly AsyncLockCore _core;
    private readonly bool _ownsDomain;

    /// <summary>A lock that nobody holds.</summary>
    /// <param name="domain">Whose sections its reads are; null: a domain of its own, which ends with it. A given one
    /// may have other options, such as <see cref="ReadSideBarrier.Full"/> for quicker writes, and may be shared by many
    /// locks: inside a section of it, a read of one of them included, await none of them. Dispose of the locks before
    /// it: a reader that waits learns of its disposal only when the writer leaves.</param>
    /// <param name="name">The lock's name in reports, and its own domain's; null for "lock".</param>
    /// <exception cref="ArgumentException">The name is empty or blank.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for a domain.</exception>
    public RcuAsyncReaderWriterLock(SrcuDomain? domain = null, string? name = null)
    {
        Name = name ?? "lock";
        ArgumentException.ThrowIfNullOrWhiteSpace(Name, nameof(name));
        domain?.ThrowIfClosed();
        _ownsDomain = domain is null;
        _domain = domain ?? new SrcuDomain(new RcuDomainOptions { Name = Name });
        _core = new AsyncLockCore(_domain.Core, Name, _domain.ReadLock);
        _queue = _core.Queue;
    }

    /// <summary>The lock's name in reports.</summary>
    public string Name { get; }

    /// <summary>The domain whose sections its reads are. Its events report reads and writes that take too
    /// long.</summary>
    public SrcuDomain Domain => _domain;

    /// <summary>
    /// Goes in as a reader (<c>percpu_down_read</c>), beside other readers and no writer. While no writer is there it
    /// completes at once, allocates nothing, and costs a sleepable section and a load. Registers the thread on its
    /// first call.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait. For a time limit, one of a <see
    /// cref="CancellationTokenSource(TimeSpan)"/>.</param>
    /// <returns>The read; dispose of it to leave: <c>using (await table.ReadAsync()) { … }</c>. Await it
    /// once.</returns>
    /// <remarks>Waits while a writer waits or is inside; allocates then. Exceptions come from the call or from
    /// <c>await</c>.</remarks>
    /// <exception cref="OperationCanceledException">It was cancelled, and is not inside.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the thread's first registration, for the section
    /// or for the wait.</exception>
    /// <exception cref="ObjectDisposedException">The lock or its domain is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ValueTask<AsyncReadScope> ReadAsync(CancellationToken cancellationToken = default)
    {
        SrcuReadLock section = _domain.ReadLock();

        // [N] partner: [O] in Locks/LockQueue.cs; outcomes there at L7. The section's announcement [P] comes before it.
        return Order.Acquire(in _queue.Word) == 0 && !cancellationToken.IsCancellationRequested
            ? new ValueTask<AsyncReadScope>(new AsyncReadScope(section))
            : ReadBeyondFast(section, cancellationToken);
    }

    /// <summary>As <see cref="ReadAsync"/>, if it need not wait.</summary>
    /// <param name="scope">The read; dispose of it to leave. The default, which does nothing, if a writer is in the
    /// way.</param>
    /// <returns>True when it is inside.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for the thread's first registration or for the
    /// section.</exception>
    /// <exception cref="ObjectDisposedException">The lock or its domain is disposed.</exception>
    public bool TryRead(out AsyncReadScope scope)
    {
        if (_core.TryRead(out scope))
        {
            return true;
        }

        _core.ThrowIfDisposed();
        return false;
    }

    /// <summary>
    /// Goes in as the writer (<c>percpu_down_write</c>): waits for the writers before it, and until all readers have
    /// left, while new ones wait; then it is alone. If nobody is in the way it completes at once.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait. The thread that cancels lets in the readers that the writer has
    /// kept out.</param>
    /// <returns>The write; dispose of it to leave: <c>using (await table.WriteAsync()) { … }</c>. Await it
    /// once.</returns>
    /// <remarks>A grace period: some 10 µs, or below 1 µs in a domain with <see cref="ReadSideBarrier.Full"/>, and as
    /// long as the longest read. The calling thread or a pool thread drives it for some microseconds, and then the
    /// domain's reclaimer, which looks every millisecond. Allocates some small objects. Exceptions come from the call
    /// or from <c>await</c>.</remarks>
    /// <exception cref="OperationCanceledException">It was cancelled, and is not inside.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the write, or the reclaimer cannot be
    /// started.</exception>
    /// <exception cref="ObjectDisposedException">The lock or its domain is disposed.</exception>
    public ValueTask<AsyncWriteScope> WriteAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<AsyncWriteScope>(cancellationToken);
        }

        _core.ThrowIfDisposed();
        return _core.WriteAsync(cancellationToken);
    }

    /// <summary>As <see cref="WriteAsync"/>, if it need not wait for others, and no longer than a grace period without
    /// readers takes. Also gives up where another thread just drives a grace period of the domain.</summary>
    /// <param name="scope">The write; dispose of it to leave. The default, which does nothing, if somebody is in the
    /// way.</param>
    /// <returns>True when it is alone inside.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for the write.</exception>
    /// <exception cref="ObjectDisposedException">The lock or its domain is disposed.</exception>
    public bool TryWrite(out AsyncWriteScope scope) => _core.TryWrite(out scope);

    /// <summary>Ends the lock, and its own domain: those that come or wait get an <see
    /// cref="ObjectDisposedException"/>, and those that are inside leave as usual. A second call does
    /// nothing.</summary>
    /// <exception cref="InvalidOperationException">The domain is its own, and this is a callback of it.</exception>
    /// <exception cref="OutOfMemoryException">The lock is closed, and its domain is not done yet: call
    /// again.</exception>
    public void Dispose()
    {
        if (_ownsDomain && !ProcessEnd.IsOnThisThread)
        {
            _domain.Core.RequireMayWait(nameof(Dispose));
        }

        _core.Close();
        if (_ownsDomain)
        {
            _domain.Dispose();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ValueTask<AsyncReadScope> ReadBeyondFast(SrcuReadLock section, CancellationToken cancellationToken)
    {
        section.Dispose();
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<AsyncReadScope>(cancellationToken)
            : _core.ReadAsync(cancellationToken);
    }
}
