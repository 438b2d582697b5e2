using System.Runtime.CompilerServices;
using Quiescent.Locks;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent;

/// <summary>
/// A reader-writer lock whose readers write to no shared memory (the kernel's <c>percpu_rw_semaphore</c>): for data
/// that is read all the time and changed now and then. Needs no knowledge of RCU. <c>using (table.Read()) { … }</c>
/// costs about as much as a section, on as many cores as read; <c>using (table.Write()) { … }</c> waits until all
/// readers have left, some microseconds.
/// </summary>
/// <remarks>
/// <para>Reads nest, and a Write may read. A Write inside a Read of the same thread, or inside a Write, throws. Scopes
/// belong to their thread: the compiler keeps them out of fields, lambdas and <c>await</c>.</para>
/// <para>While a writer waits or is inside, readers that come wait for it. When it leaves, those that wait go in before
/// the next writer does; so neither side keeps the other out for good. Writers come in the order in which they wait. A
/// thread that has its turn and does not come within a tenth of a second loses it.</para>
/// <para>A lock has an <see cref="RcuDomain"/> of its own, unless it is given one. A writer waits for the readers of
/// all locks that share its domain. So where Reads of such locks nest in each other, do not nest their Writes.</para>
/// <para>Inside a Read a thread may block, as it may under any lock, if the lock has a domain of its own. A Read that
/// outlasts the domain's <see cref="RcuDomainOptions.StallTimeout"/> while a writer waits is reported by
/// <see cref="GracePeriodDomain.Stalled"/>, and so is a Write for which others wait that long. A thread that ends
/// inside a Read holds up no writer, and is reported as <see cref="GracePeriodDomain.ReaderAbandoned"/>; one that ends
/// inside a Write holds the lock for ever.</para>
/// <para>All members may be called on any thread.</para>
/// </remarks>
public sealed class RcuReaderWriterLock : IDisposable
{
    private readonly RcuDomain _domain;
    private readonly LockQueue _queue;
    private readonly ReaderWriterCore _core;
    private readonly bool _ownsDomain;

    /// <summary>A lock that nobody holds.</summary>
    /// <param name="domain">Whose sections its reads are; null: a domain of its own, which ends with it. A given one
    /// may have other options, such as <see cref="ReadSideBarrier.Full"/> for quicker writes, and may be shared by many
    /// locks.</param>
    /// <param name="name">The lock's name in reports, and its own domain's; null for "lock".</param>
    /// <exception cref="ArgumentException">The name is empty or blank.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for a domain.</exception>
    public RcuReaderWriterLock(RcuDomain? domain = null, string? name = null)
    {
        Name = name ?? "lock";
        ArgumentException.ThrowIfNullOrWhiteSpace(Name, nameof(name));
        domain?.ThrowIfClosed();
        _ownsDomain = domain is null;
        _domain = domain ?? new RcuDomain(new RcuDomainOptions { Name = Name, MayBlockInSections = true });
        _core = new ReaderWriterCore(_domain.Core, Name);
        _queue = _core.Queue;
    }

    /// <summary>The lock's name in reports.</summary>
    public string Name { get; }

    /// <summary>The domain whose sections its reads are. Its events report reads and writes that take too
    /// long.</summary>
    public RcuDomain Domain => _domain;

    /// <summary>Whether this thread is inside a Read of this lock, or another section of its domain.</summary>
    public bool IsReadHeld => _domain.IsReadLockHeld;

    /// <summary>Whether this thread is inside a Write of this lock.</summary>
    public bool IsWriteHeld => _core.IsWriting;

    /// <summary>
    /// Goes in as a reader (<c>percpu_down_read</c>), beside other readers and no writer. Costs a section and a load
    /// while no writer is there; no interlocked instruction. Registers the thread on its first call.
    /// </summary>
    /// <returns>The read; dispose of it to leave: <c>using (table.Read()) { … }</c>.</returns>
    /// <remarks>Waits while a writer waits or is inside, except inside a Read or Write of the same thread.</remarks>
    /// <exception cref="InvalidOperationException">Nested deeper than 65,535.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the thread's first registration.</exception>
    /// <exception cref="ObjectDisposedException">The lock or its domain is disposed.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited; it is not
    /// inside.</exception>
    /// <exception cref="TimeoutException">In a handler of the process's exit: the writer may never leave.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadScope Read()
    {
        ReadGuard guard = _domain.ReadLock();

        // [N] partner: [O] in Locks/LockQueue.cs; outcomes there at L7. The section's announcement [A] comes before it.
        if (Order.Acquire(in _queue.Word) != 0)
        {
            guard = ReadBeyondFast(guard);
        }

        return new ReadScope(guard);
    }

    /// <summary>As <see cref="Read"/>, and gives up when it has waited that long.</summary>
    /// <param name="timeout">How long to wait at most; zero: not at all; <see cref="Timeout.InfiniteTimeSpan"/>: as
    /// <see cref="Read"/>.</param>
    /// <param name="scope">The read; dispose of it to leave. The default, which does nothing, if it gave up.</param>
    /// <returns>True when the thread is inside.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite, or longer than
    /// <see cref="int.MaxValue"/> milliseconds.</exception>
    /// <inheritdoc cref="Read" path="/exception"/>
    public bool TryRead(TimeSpan timeout, out ReadScope scope)
    {
        bool isInside = _core.TryRead(Deadline.After(timeout), out ReadGuard guard);
        scope = new ReadScope(guard);
        return isInside;
    }

    /// <summary>
    /// Goes in as the writer (<c>percpu_down_write</c>): waits for the writers before it, and until all readers have
    /// left, while new ones wait; then the thread is alone.
    /// </summary>
    /// <returns>The write; dispose of it to leave: <c>using (table.Write()) { … }</c>.</returns>
    /// <remarks>A grace period: some 10 µs, or below 1 µs in a domain with <see cref="ReadSideBarrier.Full"/>, and as
    /// long as the longest Read. The thread drives it itself. Allocates one small object. While it waits for readers,
    /// an interrupt stays pending.</remarks>
    /// <exception cref="LockRecursionException">Inside a Write of this lock, inside a Read of it, or in another section
    /// of its domain or online.</exception>
    /// <exception cref="InvalidOperationException">In a callback of the domain.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the write.</exception>
    /// <exception cref="ObjectDisposedException">The lock or its domain is disposed.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it waited for other writers; it is
    /// not inside.</exception>
    /// <exception cref="TimeoutException">In a handler of the process's exit: those inside may never
    /// leave.</exception>
    public WriteScope Write() => new(_core, _core.TryWrite(Deadline.Never));

    /// <summary>As <see cref="Write"/>, and gives up when it has waited that long: as though it had never
    /// come.</summary>
    /// <param name="timeout">How long to wait at most; zero: not at all; <see cref="Timeout.InfiniteTimeSpan"/>: as
    /// <see cref="Write"/>.</param>
    /// <param name="scope">The write; dispose of it to leave. The default, which does nothing, if it gave up.</param>
    /// <returns>True when the thread is alone inside.</returns>
    /// <remarks>Readers that come meanwhile wait, also if it gives up in the end.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite, or longer than
    /// <see cref="int.MaxValue"/> milliseconds.</exception>
    /// <inheritdoc cref="Write" path="/exception"/>
    public bool TryWrite(TimeSpan timeout, out WriteScope scope)
    {
        LockHolder? writer = _core.TryWrite(Deadline.After(timeout));
        scope = new WriteScope(_core, writer);
        return writer is not null;
    }

    /// <summary>Ends the lock, and its own domain: threads that come or wait get an
    /// <see cref="ObjectDisposedException"/>, and those that are inside leave as usual. A second call does
    /// nothing.</summary>
    /// <exception cref="InvalidOperationException">Inside a Write of this lock; or, if the domain is its own, inside a
    /// Read.</exception>
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

    // Returned in registers: an out parameter would cost every caller a stack slot.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ReadGuard ReadBeyondFast(ReadGuard guard)
    {
        guard.Dispose();
        _core.TryRead(Deadline.Never, out guard);
        return guard;
    }

    /// <summary>A Read of an <see cref="RcuReaderWriterLock"/>, open until it is disposed of.</summary>
    public readonly ref struct ReadScope : IDisposable
    {
        private readonly ReadGuard _guard;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal ReadScope(ReadGuard guard) => _guard = guard;

        /// <summary>Leaves (<c>percpu_up_read</c>): one store. The default does nothing.</summary>
        /// <exception cref="InvalidOperationException">It was disposed of before, copied, or is disposed of out of
        /// order; as for <see cref="ReadGuard.Dispose"/>. The thread's reads are unchanged.</exception>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose() => _guard.Dispose();
    }

    /// <summary>A Write of an <see cref="RcuReaderWriterLock"/>, open until it is disposed of.</summary>
    public readonly ref struct WriteScope : IDisposable
    {
        private readonly ReaderWriterCore _core;
        private readonly LockHolder? _writer;

        internal WriteScope(ReaderWriterCore core, LockHolder? writer)
        {
            _core = core;
            _writer = writer;
        }

        /// <summary>Leaves (<c>percpu_up_write</c>): lets in the readers that wait, then the next writer. The default
        /// does nothing.</summary>
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
}
