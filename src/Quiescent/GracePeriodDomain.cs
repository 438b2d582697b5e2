using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Diagnostics;
using Quiescent.GracePeriods;
using Quiescent.Memory;
using Quiescent.Modules;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Resources;
using Quiescent.Validate;

namespace Quiescent;

/// <summary>
/// What updaters need, whatever the readers are: grace periods to wait for, and queues for what is freed or called
/// after one. <see cref="RcuDomain"/> has readers that neither wait nor change threads, <see cref="SrcuDomain"/> has
/// readers that may do both.
/// </summary>
/// <remarks>
/// <para>Domains never wait for one another's readers. All members may be called from any thread at any time, except
/// where their remarks say otherwise. A domain has at most one thread of its own, started for the first callback, or
/// as its options say, and ended after ten seconds without work. Other domains share a thread. An idle domain runs
/// nothing.</para>
/// <para>Dispose of a domain when it is no longer used. One that is dropped instead still frees and calls all that was
/// queued. Then its thread ends, and the garbage collector takes the rest, though the threads that used the domain live
/// on. An open section (but for sleepable ones) or registered reader keeps its memory.</para>
/// </remarks>
public abstract unsafe class GracePeriodDomain : IDisposable, IAsyncDisposable
{
    // At hand for the fast paths, which are inlined into callers.
    private protected readonly long _id;
    private protected readonly DomainState* _state;
    private readonly Producer _producer;

    private readonly DomainCore _core;
    private readonly DomainReports _reports;
    private readonly DomainInstruments? _instruments;
    private readonly WeakReference<DomainCore> _placeAtUnloads;
    private readonly bool _isDefault;

    /// <summary>A domain whose readers are those that the engine waits for.</summary>
    private protected GracePeriodDomain(
        RcuDomainOptions? options, Func<SlotTable, GracePeriodEngine> engine, delegate*<ReaderSlot*, void> remember)
    {
        Options = (options ?? new RcuDomainOptions()).Validated();
        _isDefault = remember != null;
        DomainReports? reports = null;
        _core = new DomainCore(
            GetType().Name, Options, engine, remember, core => reports = new DomainReports(this, core));
        _reports = reports!;
        _id = _core.Id;
        _state = _core.State;
        _producer = _core.Producer;
        _placeAtUnloads = UnloadBarrier.Add(_core);
        _instruments = DomainInstruments.Open(_core, _reports.ReadStatistics);
        AssemblyCopies.Register();
        if (Options.Validate)
        {
            AssemblyCopies.Print();
        }

        Telemetry.Start();
    }

    /// <summary>
    /// A reader holds a grace period up for longer than <see cref="RcuDomainOptions.StallTimeout"/>, or a callback has
    /// not returned for that long (<see cref="StallEventArgs.Kind"/>); raised again every three timeouts. Raised on a
    /// thread that waits for it, or on the thread pool if the waiting thread must not raise it (an asynchronous wait,
    /// queueing above the backlog limit), with no lock held. Exceptions of handlers are ignored.
    /// </summary>
    /// <remarks>A domain in which nobody waits looks for nothing. Without a handler the report goes to the standard
    /// error output under <see cref="RcuDomainOptions.Validate"/>, and otherwise nowhere; <see
    /// cref="RcuStatistics.Stalls"/> counts it.</remarks>
    public event EventHandler<StallEventArgs>? Stalled
    {
        add => _reports.Stalled += value;
        remove => _reports.Stalled -= value;
    }

    /// <summary>A callback or user deallocator threw. Raised on the reclaimer, or on the thread pool if the task of an
    /// asynchronous callback, or of a <see cref="RcuDomainOptions.CallbackScheduler"/>, failed; exceptions of handlers
    /// are ignored. Without a handler the exception goes to the standard error output under
    /// <see cref="RcuDomainOptions.Validate"/>, once for each place where such callbacks are queued;
    /// <see cref="RcuStatistics.CallbacksFailed"/> counts it.</summary>
    public event EventHandler<CallbackFailedEventArgs>? CallbackFailed
    {
        add => _reports.CallbackFailed += value;
        remove => _reports.CallbackFailed -= value;
    }

    /// <summary>
    /// A thread ended inside a section, or a callback returned with one open. Raised on a thread that waits, with no
    /// lock held; exceptions of handlers are ignored. Without a handler, as for <see cref="Stalled"/>.
    /// </summary>
    public event EventHandler<ReaderAbandonedEventArgs>? ReaderAbandoned
    {
        add => _reports.ReaderAbandoned += value;
        remove => _reports.ReaderAbandoned -= value;
    }

    /// <summary>
    /// <see cref="RcuDomainOptions.Validate"/> found a misuse after the call that made it had returned. Raised on a
    /// thread that waits, disposes or reads statistics, with no lock held; exceptions of handlers are ignored. Without
    /// a handler it goes to the standard error output.
    /// </summary>
    public event EventHandler<MisuseEventArgs>? MisuseFound
    {
        add => _reports.MisuseFound += value;
        remove => _reports.MisuseFound -= value;
    }

    /// <summary>The options the domain was made with.</summary>
    public RcuDomainOptions Options { get; }

    /// <summary>The domain behind this face.</summary>
    internal DomainCore Core => _core;

    /// <summary>Waits for a grace period (<c>synchronize_rcu</c>): every section open at the call has ended when it
    /// returns.</summary>
    /// <remarks>The calling thread drives the grace period itself; concurrent callers share it. About 10 µs with a busy
    /// reader, below 1 µs under <see cref="ReadSideBarrier.Full"/>, and at least as long as the longest section. Of
    /// many threads that wait longer than a few switches one looks once in a millisecond, and the others are
    /// blocked.</remarks>
    /// <exception cref="InvalidOperationException">Inside a section of this domain, online, or in one of its
    /// callbacks.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted; nothing is lost.</exception>
    /// <exception cref="TimeoutException">In a handler of the process's exit: what it waits for may never
    /// happen.</exception>
    public void Synchronize()
    {
        ThrowIfClosed();
        _core.RequireMayWait(nameof(Synchronize));
        _core.WaitFor(_core.Engine.NextTarget());
        GC.KeepAlive(this);
    }

    /// <summary>Waits for a grace period without blocking a thread. Continuations run on the thread pool.</summary>
    /// <param name="cancellationToken">Ends the wait, not the grace period.</param>
    /// <returns>A task that completes when every section open at the call has ended.</returns>
    /// <exception cref="ObjectDisposedException">The domain is disposed, now or before the grace period has
    /// passed.</exception>
    /// <exception cref="OutOfMemoryException">It would have to wait, and the reclaimer cannot be started.</exception>
    public ValueTask SynchronizeAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        ValueTask task = _core.SynchronizeAsync(cancellationToken);
        GC.KeepAlive(this);
        return task;
    }

    /// <summary>
    /// A cookie for the grace period that covers everything unlinked so far (<c>get_state_synchronize_rcu</c>). Starts
    /// nothing: another call has to ask for a grace period before it passes. Costs a full fence.
    /// </summary>
    /// <returns>The cookie, for <see cref="Poll"/> and <see cref="CondSynchronize"/> of this domain.</returns>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public GracePeriodState GetState()
    {
        ThrowIfClosed();
        ulong target = _core.Engine.NextTarget();
        GC.KeepAlive(this);
        return new GracePeriodState(_id, target);
    }

    /// <summary>As <see cref="GetState"/>, and makes the reclaimer drive the grace period
    /// (<c>start_poll_synchronize_rcu</c>).</summary>
    /// <returns>The cookie, for <see cref="Poll"/> and <see cref="CondSynchronize"/> of this domain.</returns>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">The reclaimer cannot be started.</exception>
    public GracePeriodState StartPoll()
    {
        GracePeriodState state = GetState();
        _core.Reclaimer.Request(state.Target);
        GC.KeepAlive(this);
        return state;
    }

    /// <summary>
    /// Whether a full grace period has passed since the cookie was taken (<c>poll_state_synchronize_rcu</c>). One load;
    /// waits for nothing and starts nothing.
    /// </summary>
    /// <param name="state">The cookie.</param>
    /// <returns>True when it has passed.</returns>
    /// <exception cref="ArgumentException">The cookie is another domain's.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public bool Poll(GracePeriodState state)
    {
        ThrowIfClosed();
        bool isOver = state.IsCompleted(_id) || _core.Engine.HasCompleted(state.Target);
        GC.KeepAlive(this);
        return isOver;
    }

    /// <summary>Waits until the cookie's grace period has passed (<c>cond_synchronize_rcu</c>); returns at once if it
    /// has.</summary>
    /// <param name="state">The cookie.</param>
    /// <exception cref="ArgumentException">The cookie is another domain's.</exception>
    /// <exception cref="InvalidOperationException">It would wait, inside a section of this domain, online, or in one of
    /// its callbacks.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted; nothing is lost.</exception>
    /// <exception cref="TimeoutException">In a handler of the process's exit: what it waits for may never
    /// happen.</exception>
    public void CondSynchronize(GracePeriodState state)
    {
        if (!Poll(state))
        {
            _core.RequireMayWait(nameof(CondSynchronize));
            _core.WaitFor(state.Target);
        }

        GC.KeepAlive(this);
    }

    /// <summary>
    /// Calls the function with the head after a grace period (<c>call_rcu</c>), on the domain's reclaimer, in the order
    /// in which this thread queued. Allocates nothing and takes no lock.
    /// </summary>
    /// <param name="head">Lies in the block that the callback is about, in unmanaged memory.</param>
    /// <param name="callback">May call anything except a wait for this domain, or for one whose callbacks wait for this
    /// one: they would wait for each other. What it throws goes to <see cref="CallbackFailed"/>.</param>
    /// <exception cref="ArgumentNullException">The head or the callback is null; nothing is queued.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed; nothing is queued.</exception>
    /// <remarks><b>Safety.</b> The head is the library's until the callback is called. A module whose functions wait
    /// here must not be unloaded before <see cref="BarrierCallbacks"/>.</remarks>
    public void Call(RcuHead* head, delegate*<RcuHead*, void> callback)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull((void*)callback, nameof(callback));
        Push(FindOrNull(), head, (nint)callback);
    }

    /// <summary>Calls the delegate after a grace period, on the reclaimer, in the order in which this thread
    /// queued.</summary>
    /// <param name="callback">May call anything except a wait for this domain, or for one whose callbacks wait for this
    /// one: they would wait for each other. What it throws goes to <see cref="CallbackFailed"/>.</param>
    /// <remarks>Each callback starts with the reclaimer's own execution context, cultures, synchronization context,
    /// priority and name, whatever the caller or an earlier callback had set.</remarks>
    /// <exception cref="ArgumentNullException">The callback is null.</exception>
    /// <exception cref="RcuBacklogException">Too much waits, under <see cref="BacklogPolicy.Throw"/>.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory to queue it; nothing is queued.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed; nothing is queued.</exception>
    public void Call(Action callback) => _producer.Call(CallbackOf(callback));

    /// <summary>As <see cref="Call(Action)"/>, with a state for the delegate, so that it needs to capture
    /// nothing.</summary>
    /// <typeparam name="TState">The state's type.</typeparam>
    /// <param name="state">Handed to the delegate.</param>
    /// <param name="callback">As for <see cref="Call(Action)"/>.</param>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void Call<TState>(TState state, Action<TState> callback) => _producer.Call(CallbackOf(state, callback));

    /// <summary>As <see cref="Call(Action)"/>, for an asynchronous delegate, such as
    /// <c>async () => await file.FlushAsync()</c> or <c>resource.DisposeAsync</c>. Barriers, <see cref="Dispose()"/>
    /// and the unloading of an attached module wait until its task is complete.</summary>
    /// <param name="callback">Runs on the reclaimer up to its first <c>await</c>, and from there where its tasks
    /// complete, usually on the thread pool. It must not wait for a barrier of this domain, which waits for it. What it
    /// or its task throws goes to <see cref="CallbackFailed"/>.</param>
    /// <remarks>Callbacks behind it start as soon as it awaits: the order is that of the starts. One whose task is not
    /// complete counts in <see cref="RcuStatistics.CallbacksPending"/>, and no longer in the backlog.</remarks>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void Call(Func<ValueTask> callback) => _producer.Call(CallbackOf(callback));

    /// <summary>As <see cref="Call(Func{ValueTask})"/>, with a state for the delegate, so that it needs to capture
    /// nothing.</summary>
    /// <typeparam name="TState">The state's type.</typeparam>
    /// <param name="state">Handed to the delegate.</param>
    /// <param name="callback">As for <see cref="Call(Func{ValueTask})"/>.</param>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void Call<TState>(TState state, Func<TState, ValueTask> callback) =>
        _producer.Call(CallbackOf(state, callback));

    /// <summary>
    /// Calls the function with the head as soon as a grace period has passed (<c>call_rcu_hurry</c>): as Call does, but
    /// the reclaimer does not gather a batch first. What this thread queued with Call before comes before it.
    /// </summary>
    /// <param name="head">Lies in the block that the callback is about, in unmanaged memory.</param>
    /// <param name="callback">May call anything except a wait for this domain, or for one whose callbacks wait for this
    /// one: they would wait for each other. What it throws goes to <see cref="CallbackFailed"/>.</param>
    /// <exception cref="ArgumentNullException">The head or the callback is null; nothing is queued.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed; nothing is queued.</exception>
    /// <remarks><b>Safety.</b> The head is the library's until the callback is called. A module whose functions wait
    /// here must not be unloaded before <see cref="BarrierCallbacks"/>.</remarks>
    public void CallHurried(RcuHead* head, delegate*<RcuHead*, void> callback)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull((void*)callback, nameof(callback));
        _producer.PushBeyondFast(FindOrNull(), head, (nint)callback, isHurried: true);
        GC.KeepAlive(this);
    }

    /// <summary>As <see cref="Call(Action)"/>, as soon as the grace period has ended: the reclaimer does not gather a
    /// batch first (<c>call_rcu_hurry</c>). What this thread queued with Call before comes before it.</summary>
    /// <param name="callback">As for <see cref="Call(Action)"/>.</param>
    /// <remarks>For a callback that somebody waits for. Wakes the reclaimer, which takes about a microsecond more than
    /// Call does, and spends a grace period on few callbacks. Makes no difference where
    /// <see cref="RcuDomainOptions.ReclaimDelay"/> is zero, and does not overtake a callback that is
    /// running.</remarks>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void CallHurried(Action callback) => _producer.Call(CallbackOf(callback), isHurried: true);

    /// <summary>As <see cref="CallHurried(Action)"/>, with a state for the delegate, so that it needs to capture
    /// nothing.</summary>
    /// <typeparam name="TState">The state's type.</typeparam>
    /// <param name="state">Handed to the delegate.</param>
    /// <param name="callback">As for <see cref="Call(Action)"/>.</param>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void CallHurried<TState>(TState state, Action<TState> callback) =>
        _producer.Call(CallbackOf(state, callback), isHurried: true);

    /// <summary>As <see cref="CallHurried(Action)"/>, for an asynchronous delegate, which starts
    /// then.</summary>
    /// <param name="callback">As for <see cref="Call(Func{ValueTask})"/>.</param>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void CallHurried(Func<ValueTask> callback) => _producer.Call(CallbackOf(callback), isHurried: true);

    /// <summary>As <see cref="CallHurried(Func{ValueTask})"/>, with a state for the delegate, so that it needs to
    /// capture nothing.</summary>
    /// <typeparam name="TState">The state's type.</typeparam>
    /// <param name="state">Handed to the delegate.</param>
    /// <param name="callback">As for <see cref="Call(Func{ValueTask})"/>.</param>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void CallHurried<TState>(TState state, Func<TState, ValueTask> callback) =>
        _producer.Call(CallbackOf(state, callback), isHurried: true);

    /// <summary>
    /// Frees a block from <see cref="System.Runtime.InteropServices.NativeMemory.Alloc(nuint)"/> once no reader of this
    /// domain can still see it (<c>kfree_rcu(ptr, rhf)</c>). The head inside the block holds its own offset, so no
    /// memory is needed and nothing can fail; no pointer to code is left behind.
    /// </summary>
    /// <param name="block">Unlinked; the library's from here on.</param>
    /// <param name="head">Inside the block, within its first 4,096 words.</param>
    /// <remarks>A few stores; every 128th call also frees older blocks. Above <see
    /// cref="RcuDomainOptions.BacklogLimit"/> such a call may sleep under <see cref="BacklogPolicy.Throttle"/>, up to
    /// a second, never inside a section.</remarks>
    /// <exception cref="ArgumentNullException">The block or the head is null; nothing is queued.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The head lies before the block, too far in, or unaligned; nothing
    /// is queued (the original's <c>BUG_ON</c>).</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed; the caller still owns the block.</exception>
    /// <exception cref="InvalidOperationException">With <see cref="RcuDomainOptions.Validate"/>: the block waits
    /// already.</exception>
    public void Free(void* block, RcuHead* head) => Free<NativeHeap>(block, head);

    /// <summary>
    /// Frees a block from <see cref="System.Runtime.InteropServices.NativeMemory.Alloc(nuint)"/> once no reader of this
    /// domain can still see it (<c>kfree_rcu_mightsleep</c>). Unlink it first:
    /// <c>domain.Free(pointer.Exchange(null))</c>. Null is ignored.
    /// </summary>
    /// <param name="block">Unlinked; the library's from here on. On an exception it stays the caller's.</param>
    /// <remarks>One store, and nothing on the managed heap. Every fourth call also frees a few older blocks of this
    /// thread, under an uncontended lock; every 508th takes a new page. Above
    /// <see cref="RcuDomainOptions.BacklogLimit"/> that last call may sleep under <see cref="BacklogPolicy.Throttle"/>,
    /// the default: a millisecond for itself, and up to a second if other threads flood the domain too; never inside a
    /// section, and not in a scope of <see cref="DeferThrottle"/>.</remarks>
    /// <exception cref="OutOfMemoryException">There is no memory for a page. To rule this out, embed an <see
    /// cref="RcuHead"/>.</exception>
    /// <exception cref="RcuBacklogException">Too much waits, under <see cref="BacklogPolicy.Throw"/>.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="InvalidOperationException">With <see cref="RcuDomainOptions.Validate"/>: the block waits
    /// already.</exception>
    public void Free(void* block) => Free<NativeHeap>(block);

    /// <summary>As <see cref="Free(void*)"/>, for a block whose size is known: it counts towards
    /// <see cref="RcuDomainOptions.BacklogBytesLimit"/>, whatever the allocator says.</summary>
    /// <param name="block">Unlinked; the library's from here on. On an exception it stays the caller's.</param>
    /// <param name="bytes">How much memory is given back when the block is freed, what hangs on it included. At most
    /// <see cref="nint.MaxValue"/>; 0: unknown. A block counts for a tebibyte at most.</param>
    /// <remarks>Some nanoseconds more than <see cref="Free(void*)"/>, and two words in a page. Above a limit, a call
    /// that completes a mebibyte (or an eighth of a smaller limit) may sleep under
    /// <see cref="BacklogPolicy.Throttle"/>, up to a second, never inside a section, and not in a scope of
    /// <see cref="DeferThrottle"/>.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">More bytes than an address space has; nothing is
    /// queued.</exception>
    /// <inheritdoc cref="Free(void*)" path="/exception"/>
    public void Free(void* block, nuint bytes) => Free<NativeHeap>(block, bytes);

    /// <summary>Frees blocks from <see cref="System.Runtime.InteropServices.NativeMemory.Alloc(nuint)"/> once no reader
    /// of this domain can still see them (<c>kvfree_rcu_bulk</c>): queues all or none. Nulls are skipped.</summary>
    /// <param name="blocks">Unlinked; the library's from here on. On an exception they stay the caller's. No other
    /// thread may change the span meanwhile.</param>
    /// <remarks>One store a block. Above <see cref="RcuDomainOptions.BacklogLimit"/> it may sleep under
    /// <see cref="BacklogPolicy.Throttle"/>, the default: up to a second, never inside a section, and not in a scope of
    /// <see cref="DeferThrottle"/>.</remarks>
    /// <exception cref="OutOfMemoryException">There is no memory for the pages.</exception>
    /// <exception cref="RcuBacklogException">Too much waits, under <see cref="BacklogPolicy.Throw"/>.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="InvalidOperationException">Another thread put more blocks into the span while they were queued;
    /// the first of them stay queued. With <see cref="RcuDomainOptions.Validate"/>: a block waits already; nothing is
    /// queued.</exception>
    public void FreeBulk(ReadOnlySpan<nint> blocks)
    {
        new BulkProducer(_core).Free(blocks);
        GC.KeepAlive(this);
    }

    /// <summary>As <see cref="Free(void*)"/>, with another deallocator. One of your own runs on the domain's reclaimer,
    /// and what it throws goes to <see cref="CallbackFailed"/>.</summary>
    /// <typeparam name="TDeallocator">Frees the block.</typeparam>
    /// <param name="block">From the allocator that the deallocator belongs to, unlinked; the library's from here on. On
    /// an exception it stays the caller's.</param>
    /// <inheritdoc cref="Free(void*)" path="/exception"/>
    public void Free<TDeallocator>(void* block)
        where TDeallocator : struct, INativeDeallocator
    {
        ReaderSlot* slot = ThreadRegistrations.Find(_id);
        int channel = Deallocator<TDeallocator>.Channel;
        if (channel == Deallocators.NativeHeap && slot != null && !ReaderSlot.IsTwin(slot) && block != null)
        {
            // SAFETY: the slot's queues live as long as the slot.
            PageQueue* queue = &((ThreadQueues*)slot->Queues)->Blocks;
            if (Producer.TryAppendFast(queue, block))
            {
                if (AppendWord.IsDue(&queue->Append))
                {
                    _producer.HandleAppendFlags(queue);
                    return;
                }

                GC.KeepAlive(this); // O5 (slot visible before use): the call may be the domain's last use.
                return;
            }
        }

        _producer.FreeBeyondFast(slot, block, channel);
    }

    /// <summary>As <see cref="Free(void*, nuint)"/>, with another deallocator. One of your own runs on the domain's
    /// reclaimer, and what it throws goes to <see cref="CallbackFailed"/>.</summary>
    /// <typeparam name="TDeallocator">Frees the block.</typeparam>
    /// <param name="block">From the allocator that the deallocator belongs to, unlinked; the library's from here on. On
    /// an exception it stays the caller's.</param>
    /// <param name="bytes">As for <see cref="Free(void*, nuint)"/>.</param>
    /// <inheritdoc cref="Free(void*, nuint)" path="/exception"/>
    public void Free<TDeallocator>(void* block, nuint bytes)
        where TDeallocator : struct, INativeDeallocator =>
        _producer.FreeSized(ThreadRegistrations.Find(_id), block, Deallocator<TDeallocator>.Channel, bytes);

    /// <summary>As <see cref="Free(void*, RcuHead*)"/>, with another deallocator. One of your own runs on the domain's
    /// reclaimer, and what it throws goes to <see cref="CallbackFailed"/>.</summary>
    /// <typeparam name="TDeallocator">Frees the block.</typeparam>
    /// <param name="block">From the allocator that the deallocator belongs to, unlinked; the library's from here
    /// on.</param>
    /// <param name="head">Inside the block, within its first 4,096 words.</param>
    /// <inheritdoc cref="Free(void*, RcuHead*)" path="/exception"/>
    /// <exception cref="OutOfMemoryException">The first use of the deallocator in the process, and there is no memory
    /// for its number; the caller still owns the block.</exception>
    public void Free<TDeallocator>(void* block, RcuHead* head)
        where TDeallocator : struct, INativeDeallocator
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(head);
        Push(FindOrNull(), head, HeadWord.OfOffset(block, head, Deallocator<TDeallocator>.Channel));
    }

    /// <summary>
    /// Opens a scope in which <see cref="BacklogPolicy.Throttle"/> does not pause this thread, for code that queues
    /// much while it holds a lock: <c>using (domain.DeferThrottle()) lock (table) { … }</c>. The end of the scope makes
    /// up for it, with a pause of at most a second, if the backlog is still over its limit then.
    /// </summary>
    /// <returns>The scope; dispose of it after the lock is released.</returns>
    /// <remarks>Allocates one small object. Makes no difference under other policies. Meanwhile nothing bounds what
    /// this thread queues, so do not keep a scope open for the life of a thread.</remarks>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public ThrottleDeferral DeferThrottle()
    {
        ThrowIfClosed();
        return _core.Backlog.Policy == BacklogPolicy.Throttle
            ? new ThrottleDeferral(DeferredThrottle.Open(_core))
            : default;
    }

    /// <summary>Disposes of the resource after a grace period, on the reclaimer. Counts as a callback.</summary>
    /// <param name="resource">What to dispose of. What it throws goes to <see cref="CallbackFailed"/>.</param>
    /// <exception cref="ArgumentNullException">The resource is null.</exception>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void Dispose(IDisposable resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        _producer.Call(new DisposeCallback(resource));
    }

    /// <summary>Returns the array to its pool after a grace period, on the reclaimer. Counts as a callback.</summary>
    /// <typeparam name="T">What the array holds.</typeparam>
    /// <param name="pool">Where the array was rented.</param>
    /// <param name="array">The array, unlinked; the library's from here on.</param>
    /// <param name="clearArray">Whether the pool clears the array.</param>
    /// <exception cref="ArgumentNullException">The pool or the array is null.</exception>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void Return<T>(ArrayPool<T> pool, T[] array, bool clearArray = false)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(array);
        ReturnCallback<T> callback = new(pool, array, clearArray, _core.Backlog.Bytes);
        _producer.Call(callback, callback.Bytes);
    }

    /// <summary>
    /// Waits until everything that any thread queued before the call has been freed or has run (<c>rcu_barrier</c> and
    /// <c>kvfree_rcu_barrier</c> in one), the tasks of asynchronous callbacks included. It is no grace period: with
    /// nothing queued it returns at once, below a microsecond, whatever sections are open; <see cref="Synchronize"/>
    /// waits for those. The calling thread frees blocks itself.
    /// </summary>
    /// <exception cref="InvalidOperationException">Inside a section of this domain, online, or in one of its
    /// callbacks.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the list of what to wait for; nothing is
    /// lost.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted; nothing is lost.</exception>
    /// <exception cref="TimeoutException">In a handler of the process's exit: what it waits for may never
    /// happen.</exception>
    public void Barrier()
    {
        ThrowIfClosed();
        _core.RequireMayWait(nameof(Barrier));
        WaitFor(BarrierScope.Everything);
        GC.KeepAlive(this);
    }

    /// <summary>As <see cref="Barrier"/>, without blocking a thread. Continuations run on the thread pool.</summary>
    /// <param name="cancellationToken">Ends the wait, nothing else.</param>
    /// <returns>A task that completes when everything queued before the call has been freed or has run.</returns>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">It would have to wait, and there is no memory for it or the reclaimer
    /// cannot be started.</exception>
    public ValueTask BarrierAsync(CancellationToken cancellationToken = default) =>
        WaitForAsync(BarrierScope.Everything, cancellationToken);

    /// <summary>
    /// Waits until every block queued before the call has been freed, except those of user deallocators
    /// (<c>kvfree_rcu_barrier</c>), and for no callback, however slow: <see cref="BarrierCallbacks"/> waits for the
    /// rest of what <see cref="Barrier"/> does. The calling thread frees blocks itself, and needs no other thread.
    /// </summary>
    /// <inheritdoc cref="Barrier" path="/exception"/>
    public void BarrierBlocks()
    {
        ThrowIfClosed();
        _core.RequireMayWait(nameof(BarrierBlocks));
        WaitFor(BarrierScope.Blocks);
        GC.KeepAlive(this);
    }

    /// <summary>As <see cref="BarrierBlocks"/>, without blocking a thread. Continuations run on the thread pool. While
    /// the reclaimer runs a slow callback, a pool thread looks every few milliseconds.</summary>
    /// <param name="cancellationToken">Ends the wait, nothing else.</param>
    /// <returns>A task that completes when every block queued before the call has been freed.</returns>
    /// <inheritdoc cref="BarrierAsync" path="/exception"/>
    public ValueTask BarrierBlocksAsync(CancellationToken cancellationToken = default) =>
        WaitForAsync(BarrierScope.Blocks, cancellationToken);

    /// <summary>
    /// Waits until every function callback, delegate and user deallocator queued before the call has run, as a module
    /// must before it is unloaded (<c>rcu_barrier</c>). Returns at once when none waits: trivial callbacks leave no
    /// pointer to code behind.
    /// </summary>
    /// <exception cref="InvalidOperationException">It would wait, inside a section of this domain, online, or in one of
    /// its callbacks.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the list of what to wait for; nothing is
    /// lost.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted; nothing is lost.</exception>
    /// <exception cref="TimeoutException">In a handler of the process's exit: what it waits for may never
    /// happen.</exception>
    public void BarrierCallbacks()
    {
        ThrowIfClosed();
        if (BarrierTarget.Take(_core, BarrierScope.Code) is { } target)
        {
            _core.RequireMayWait(nameof(BarrierCallbacks));
            WaitFor(target);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Reads the domain's counts, consistent with one another. Works after <see cref="Dispose()"/>
    /// too.</summary>
    /// <remarks>Costs a look at each slot, and raises <see cref="ReaderAbandoned"/> and <see cref="MisuseFound"/> for
    /// what it finds.</remarks>
    /// <returns>The counts at one moment.</returns>
    public RcuStatistics GetStatistics()
    {
        _core.Engine.Sweep();
        RcuStatistics statistics = _reports.ReadStatistics();
        _reports.ReportMisuse();
        GC.KeepAlive(this);
        return statistics;
    }

    /// <summary>
    /// Under <see cref="RcuDomainOptions.Validate"/>, checks whether blocks that the domain has reclaimed were written
    /// to since, and raises <see cref="MisuseFound"/> for each. Blocks are also checked when they leave the quarantine,
    /// and by <see cref="Dispose()"/>.
    /// </summary>
    /// <returns>How many were written to.</returns>
    public int VerifyReclaimed()
    {
        int written = ValidateSwitch.IsSupported && _core.Queues.Ledger is not null
            ? Quarantine.OfProcess.Verify(_core.Findings)
            : 0;
        _reports.ReportMisuse();
        return written;
    }

    /// <summary>
    /// Closes the domain: nothing more can be queued or waited for, everything queued is freed or runs, and its thread
    /// ends. Waits for the sections that hold those up, and reports them (<see cref="StallEventArgs.IsDisposing"/>);
    /// others end harmlessly. An asynchronous wait for a grace period that has not passed ends with an
    /// <see cref="ObjectDisposedException"/>. A second call does nothing, and returns when the first is done.
    /// </summary>
    /// <remarks>
    /// <para>Nothing more includes what callbacks queue: one that runs meanwhile, and queues in this domain, gets an
    /// <see cref="ObjectDisposedException"/> and keeps its block. A chain of callbacks that queue one another has to be
    /// stopped, and waited for with <see cref="Barrier"/>, before.</para>
    /// <para>A handler that this call runs must not wait for another thread's disposal of the domain. At the process's
    /// exit the call gives up after two seconds, or less if other waits were in vain before: what then still waits ends
    /// with the process.</para>
    /// </remarks>
    /// <exception cref="OutOfMemoryException">The domain is closed and loses nothing, but is not done yet: call
    /// again.</exception>
    /// <exception cref="InvalidOperationException">This is the default domain; or the call is inside a section of this
    /// domain, online, or in one of its callbacks.</exception>
    [SuppressMessage("Usage", "CA1816", Justification = "No domain has a finalizer: what needs one has it itself.")]
    public void Dispose()
    {
        RequireOwn();
        if (!ProcessEnd.IsOnThisThread)
        {
            // NativeAOT runs the handlers of the exit on the thread that exits, inside whatever it is in. That the
            // wait is in vain there costs its share of time.
            _core.RequireMayWait(nameof(Dispose));
        }

        CloseOnce();
        GC.KeepAlive(this);
    }

    /// <summary>As <see cref="Dispose()"/>, without blocking a thread: the domain is closed when the call returns, and
    /// done when the task completes. Allowed everywhere, also inside a section and in a callback, which must not wait
    /// for the task.</summary>
    /// <returns>A task that completes when everything queued has been freed or has run, and the domain's thread has
    /// ended. Continuations run on the thread pool.</returns>
    /// <exception cref="InvalidOperationException">This is the default domain.</exception>
    /// <exception cref="OutOfMemoryException">The domain is closed and loses nothing, but is not done yet: call
    /// again.</exception>
    [SuppressMessage("Usage", "CA1816", Justification = "No domain has a finalizer: what needs one has it itself.")]
    public ValueTask DisposeAsync()
    {
        RequireOwn();
        _core.BeginClose();
        Task task = _core.Disposal.RunWhenNothingWaits(CloseOnce);
        GC.KeepAlive(this);
        return new ValueTask(task);
    }

    /// <summary>How a resource recognises this domain's sections.</summary>
    internal abstract SectionCheck CreateSectionCheck();

    /// <summary>Takes the domain off the process's lists: it is disposed of, or was never used.</summary>
    internal void Forget()
    {
        UnloadBarrier.Remove(_placeAtUnloads);
        _instruments?.Close();
    }

    /// <summary>The common end of all forms with a head: its word was checked, and is stored with the push.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Push(ReaderSlot* slot, RcuHead* head, nint word)
    {
        if (slot != null && !ReaderSlot.IsTwin(slot) && Order.Acquire(in _state->Closed) == 0)
        {
            // SAFETY: the caller hands the head over; the slot's queues live as long as the slot.
            head->Word = word;
            HeadQueue* queue = Producer.QueueFor((ThreadQueues*)slot->Queues, word);
            long position = HeadQueue.Push(queue, head);
            if (Producer.IsCollectionDue(position) || AppendWord.IsDue(&queue->Append))
            {
                _producer.AfterPush(slot, queue, position);
                return;
            }

            GC.KeepAlive(this); // O5 (slot visible before use).
            return;
        }

        _producer.PushBeyondFast(slot, head, word);
    }

    internal void ThrowIfClosed()
    {
        int closed = Order.Acquire(in _state->Closed);
        GC.KeepAlive(this); // O5 (slot visible before use): the state is the slot table's.
        if (closed != 0)
        {
            throw _core.Disposed();
        }
    }

    private ManagedCallback CallbackOf(Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return Options.CallbackScheduler is { } scheduler
            ? new ScheduledCallback(_core, scheduler, callback, callback)
            : new ActionCallback(callback);
    }

    private ManagedCallback CallbackOf<TState>(TState state, Action<TState> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return Options.CallbackScheduler is { } scheduler
            ? ScheduledCallback.Of(_core, scheduler, state, callback)
            : new StateCallback<TState>(state, callback);
    }

    private ManagedCallback CallbackOf(Func<ValueTask> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return Options.CallbackScheduler is { } scheduler
            ? ScheduledAsyncCallback.Of(_core, scheduler, callback)
            : new AsyncActionCallback(_core, callback);
    }

    private ManagedCallback CallbackOf<TState>(TState state, Func<TState, ValueTask> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return Options.CallbackScheduler is { } scheduler
            ? ScheduledAsyncCallback.Of(_core, scheduler, state, callback)
            : new AsyncStateCallback<TState>(_core, state, callback);
    }

    private void RequireOwn()
    {
        if (_isDefault)
        {
            throw new InvalidOperationException("The default domain lives as long as the process.");
        }
    }

    private void CloseOnce()
    {
        if (!_core.Disposal.TryBegin())
        {
            return;
        }

        bool isDone = false;
        try
        {
            _core.Close();
            Forget();
            isDone = true;
        }
        finally
        {
            _core.Disposal.End(isDone);
            GC.KeepAlive(this);
        }
    }

    // This thread's slot, for what needs no memory. A thread's first look at its own registrations does: without it the
    // thread has none.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReaderSlot* FindOrNull() =>
        ThreadRegistrations.Last(out ReaderSlot* slot) == _id ? slot : FindBeyondLast(_id);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReaderSlot* FindBeyondLast(long id)
    {
        try
        {
            return ThreadRegistrations.FindInTable(id);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Waits at a barrier for what the scope has. The caller has asked whether it may wait.</summary>
    internal void WaitFor(BarrierScope scope)
    {
        if (BarrierTarget.Take(_core, scope) is { } target)
        {
            WaitFor(target);
        }

        GC.KeepAlive(this);
    }

    /// <summary>The same, without blocking a thread.</summary>
    internal ValueTask WaitForAsync(BarrierScope scope, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        ValueTask task = BarrierTarget.Take(_core, scope) is { } target
            ? new ValueTask(_reports.Events.WriteAround(_core.Reclaimer.WaitAsync(target, cancellationToken)))
            : ValueTask.CompletedTask;
        GC.KeepAlive(this);
        return task;
    }

    private void WaitFor(BarrierTarget target)
    {
        using DomainEventWriter.BarrierSpan span = _reports.Events.BeginBarrier(target.Scope.IsCodeOnly);
        BarrierWait.For(_core, target);
        GC.KeepAlive(this);
    }
}
