using System.Buffers;
using System.Runtime.CompilerServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent;

/// <summary>
/// Read-copy-update in the process's default domain. Readers open sections at almost no cost; updaters unlink a block
/// and hand it over; it is freed after a grace period, when every section that could still hold it has ended.
/// </summary>
/// <remarks>
/// <para><b>Safety.</b> A block is handed over once, after it can no longer be reached by a reader that begins now, and
/// is not touched afterwards. Sections are short and never wait for an updater.</para>
/// <para>After the Linux kernel's RCU; <c>Free</c> is its <c>kfree_rcu</c>, <c>Call</c> its <c>call_rcu</c>.</para>
/// </remarks>
public static unsafe class Rcu
{
    // Made on the first use, not by a type initializer. An initializer that runs out of memory once fails for ever; and
    // other threads wait for it, which the runtime may call user code from (a first-chance handler, say).
    private static RcuDomain? s_domain;

    /// <summary>The domain that this class's members work on. It cannot be disposed of.</summary>
    /// <exception cref="OutOfMemoryException">It was never used, and there is no memory for it; the next use tries
    /// again. So does every member of this class that needs it.</exception>
    public static RcuDomain DefaultDomain => Order.Acquire(in s_domain) ?? MakeDomain();

    /// <inheritdoc cref="RcuDomain.IsReadLockHeld"/>
    public static bool IsReadLockHeld => DefaultDomain.IsReadLockHeld;

    /// <inheritdoc cref="RcuDomain.ReadLock"/>
    /// <returns>The section; dispose of it to end it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadGuard ReadLock()
    {
        ReaderSlot* slot = DefaultSlot.OfThisThread;

        // SAFETY: the default domain's memory is never freed (O5: slot visible before use).
        if (slot != null && SectionWord.IsQuiescent(slot->Word))
        {
            // The state comes from the slot: code compiled ahead of time would check each time whether a static field
            // is initialised.
            return new ReadGuard(slot, Section.Enter(slot, slot->State));
        }

        return ReadLockBeyondFast(slot);
    }

    /// <inheritdoc cref="RcuDomain.RegisterReader"/>
    /// <returns>The registered reader; dispose of it on this thread.</returns>
    public static RcuReader RegisterReader() => DefaultDomain.RegisterReader();

    /// <inheritdoc cref="RcuDomain.RegisterOnlineReader"/>
    /// <returns>The reader; dispose of it on this thread, and before the thread blocks.</returns>
    public static OnlineReader RegisterOnlineReader() => DefaultDomain.RegisterOnlineReader();

    /// <inheritdoc cref="GracePeriodDomain.Synchronize"/>
    public static void Synchronize() => DefaultDomain.Synchronize();

    /// <inheritdoc cref="GracePeriodDomain.SynchronizeAsync"/>
    public static ValueTask SynchronizeAsync(CancellationToken cancellationToken = default) =>
        DefaultDomain.SynchronizeAsync(cancellationToken);

    /// <inheritdoc cref="GracePeriodDomain.GetState"/>
    public static GracePeriodState GetState() => DefaultDomain.GetState();

    /// <inheritdoc cref="GracePeriodDomain.StartPoll"/>
    public static GracePeriodState StartPoll() => DefaultDomain.StartPoll();

    /// <inheritdoc cref="GracePeriodDomain.Poll"/>
    public static bool Poll(GracePeriodState state) => DefaultDomain.Poll(state);

    /// <inheritdoc cref="GracePeriodDomain.CondSynchronize"/>
    public static void CondSynchronize(GracePeriodState state) => DefaultDomain.CondSynchronize(state);

    /// <summary>
    /// Calls the function with the head after a grace period (<c>call_rcu</c>), on the domain's reclaimer, in the order
    /// in which this thread queued. Allocates nothing and takes no lock.
    /// </summary>
    /// <param name="head">Lies in the block that the callback is about, in unmanaged memory.</param>
    /// <param name="callback">May call anything except a wait for this domain, or for one whose callbacks wait for this
    /// one: they would wait for each other. What it throws goes to
    /// <see cref="GracePeriodDomain.CallbackFailed"/>.</param>
    /// <exception cref="ArgumentNullException">The head or the callback is null; nothing is queued.</exception>
    /// <remarks><b>Safety.</b> The head is the library's until the callback is called. A module whose functions wait
    /// here must not be unloaded before <see cref="BarrierCallbacks"/>.</remarks>
    public static void Call(RcuHead* head, delegate*<RcuHead*, void> callback)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull((void*)callback, nameof(callback));
        Push(head, (nint)callback);
    }

    /// <inheritdoc cref="GracePeriodDomain.Call(Action)"/>
    public static void Call(Action callback) => DefaultDomain.Call(callback);

    /// <inheritdoc cref="GracePeriodDomain.Call{TState}(TState, Action{TState})"/>
    public static void Call<TState>(TState state, Action<TState> callback) => DefaultDomain.Call(state, callback);

    /// <inheritdoc cref="GracePeriodDomain.Call(Func{ValueTask})"/>
    public static void Call(Func<ValueTask> callback) => DefaultDomain.Call(callback);

    /// <inheritdoc cref="GracePeriodDomain.Call{TState}(TState, Func{TState, ValueTask})"/>
    public static void Call<TState>(TState state, Func<TState, ValueTask> callback) =>
        DefaultDomain.Call(state, callback);

    /// <summary>
    /// Calls the function with the head as soon as a grace period has passed (<c>call_rcu_hurry</c>): as Call does, but
    /// the reclaimer does not gather a batch first. What this thread queued with Call before comes before it.
    /// </summary>
    /// <param name="head">Lies in the block that the callback is about, in unmanaged memory.</param>
    /// <param name="callback">May call anything except a wait for this domain, or for one whose callbacks wait for this
    /// one: they would wait for each other. What it throws goes to
    /// <see cref="GracePeriodDomain.CallbackFailed"/>.</param>
    /// <exception cref="ArgumentNullException">The head or the callback is null; nothing is queued.</exception>
    /// <remarks><b>Safety.</b> The head is the library's until the callback is called. A module whose functions wait
    /// here must not be unloaded before <see cref="BarrierCallbacks"/>.</remarks>
    public static void CallHurried(RcuHead* head, delegate*<RcuHead*, void> callback) =>
        DefaultDomain.CallHurried(head, callback);

    /// <inheritdoc cref="GracePeriodDomain.CallHurried(Action)"/>
    public static void CallHurried(Action callback) => DefaultDomain.CallHurried(callback);

    /// <inheritdoc cref="GracePeriodDomain.CallHurried{TState}(TState, Action{TState})"/>
    public static void CallHurried<TState>(TState state, Action<TState> callback) =>
        DefaultDomain.CallHurried(state, callback);

    /// <inheritdoc cref="GracePeriodDomain.CallHurried(Func{ValueTask})"/>
    public static void CallHurried(Func<ValueTask> callback) => DefaultDomain.CallHurried(callback);

    /// <inheritdoc cref="GracePeriodDomain.CallHurried{TState}(TState, Func{TState, ValueTask})"/>
    public static void CallHurried<TState>(TState state, Func<TState, ValueTask> callback) =>
        DefaultDomain.CallHurried(state, callback);

    /// <inheritdoc cref="GracePeriodDomain.Free(void*, RcuHead*)"/>
    public static void Free(void* block, RcuHead* head) => Free<NativeHeap>(block, head);

    /// <inheritdoc cref="GracePeriodDomain.Free(void*)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Free(void* block)
    {
        void* queues = DefaultSlot.Queues;
        if (queues != null && block != null)
        {
            // SAFETY: the slot's queues live as long as the slot, and the default domain's is never freed.
            PageQueue* queue = &((ThreadQueues*)queues)->Blocks;
            if (Producer.TryAppendFast(queue, block))
            {
                if (AppendWord.IsDue(&queue->Append))
                {
                    Made.Producer.HandleAppendFlags(queue);
                }

                return;
            }
        }

        FreeBeyondFast(block);
    }

    /// <inheritdoc cref="GracePeriodDomain.Free(void*, nuint)"/>
    public static void Free(void* block, nuint bytes) => DefaultDomain.Free(block, bytes);

    /// <inheritdoc cref="GracePeriodDomain.FreeBulk"/>
    public static void FreeBulk(ReadOnlySpan<nint> blocks) => DefaultDomain.FreeBulk(blocks);

    /// <inheritdoc cref="GracePeriodDomain.Free{TDeallocator}(void*)"/>
    public static void Free<TDeallocator>(void* block)
        where TDeallocator : struct, INativeDeallocator => DefaultDomain.Free<TDeallocator>(block);

    /// <inheritdoc cref="GracePeriodDomain.Free{TDeallocator}(void*, nuint)"/>
    public static void Free<TDeallocator>(void* block, nuint bytes)
        where TDeallocator : struct, INativeDeallocator => DefaultDomain.Free<TDeallocator>(block, bytes);

    /// <inheritdoc cref="GracePeriodDomain.Free{TDeallocator}(void*, RcuHead*)"/>
    public static void Free<TDeallocator>(void* block, RcuHead* head)
        where TDeallocator : struct, INativeDeallocator
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(head);
        Push(head, HeadWord.OfOffset(block, head, Deallocator<TDeallocator>.Channel));
    }

    /// <inheritdoc cref="GracePeriodDomain.DeferThrottle"/>
    public static ThrottleDeferral DeferThrottle() => DefaultDomain.DeferThrottle();

    /// <inheritdoc cref="GracePeriodDomain.Dispose(IDisposable)"/>
    public static void Dispose(IDisposable resource) => DefaultDomain.Dispose(resource);

    /// <inheritdoc cref="GracePeriodDomain.Return"/>
    public static void Return<T>(ArrayPool<T> pool, T[] array, bool clearArray = false) =>
        DefaultDomain.Return(pool, array, clearArray);

    /// <inheritdoc cref="GracePeriodDomain.Barrier"/>
    public static void Barrier() => DefaultDomain.Barrier();

    /// <inheritdoc cref="GracePeriodDomain.BarrierAsync"/>
    public static ValueTask BarrierAsync(CancellationToken cancellationToken = default) =>
        DefaultDomain.BarrierAsync(cancellationToken);

    /// <inheritdoc cref="GracePeriodDomain.BarrierBlocks"/>
    public static void BarrierBlocks() => DefaultDomain.BarrierBlocks();

    /// <inheritdoc cref="GracePeriodDomain.BarrierBlocksAsync"/>
    public static ValueTask BarrierBlocksAsync(CancellationToken cancellationToken = default) =>
        DefaultDomain.BarrierBlocksAsync(cancellationToken);

    /// <inheritdoc cref="GracePeriodDomain.BarrierCallbacks"/>
    public static void BarrierCallbacks() => DefaultDomain.BarrierCallbacks();

    /// <summary>Whether a reference that <see cref="ReadGuard.Dereference{T}(ref readonly RcuPointer{T})"/> returned
    /// stands for null. Costs a comparison.</summary>
    /// <param name="reference">What <c>Dereference</c> returned.</param>
    /// <returns>True when it stands for null.</returns>
    public static bool IsNull<T>(ref readonly T reference) => Unsafe.IsNullRef(in reference);

    /// <inheritdoc cref="GracePeriodDomain.GetStatistics"/>
    public static RcuStatistics GetStatistics() => DefaultDomain.GetStatistics();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadGuard ReadLockBeyondFast(ReaderSlot* slot) => DefaultDomain.ReadLockBeyondFast(slot);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FreeBeyondFast(void* block)
    {
        ThreadQueues* queues = (ThreadQueues*)DefaultSlot.Queues;
        if (queues == null || block == null || !Made.Producer.TryCollectAndAppend(&queues->Blocks, block))
        {
            DefaultDomain.Core.Producer.FreeBeyondFast(DefaultSlot.OfThisThread, block, Deallocators.NativeHeap);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Push(RcuHead* head, nint word)
    {
        ReaderSlot* slot = DefaultSlot.OfThisThread;
        (slot != null ? Made.Domain : DefaultDomain).Push(slot, head, word);
    }

    // No lock: two threads may make a domain each, and the second one drops its own. Nobody has used that yet.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RcuDomain MakeDomain()
    {
        RcuDomain made = new(new RcuDomainOptions { Name = "default", DedicatedReclaimer = true }, &Remember);
        RcuDomain kept = Once.Keep(ref s_domain, made);
        if (kept != made)
        {
            made.Forget();
        }

        return kept;
    }

    private static void Remember(ReaderSlot* slot)
    {
        DefaultSlot.OfThisThread = slot;
        DefaultSlot.Queues = ReaderSlot.IsTwin(slot) ? null : slot->Queues;
    }

    // What threads with a slot in the domain read: constants to the JIT. The initializer only copies, and cannot fail.
    // It has a body so that it does not run early, when there is no domain yet.
    private static class Made
    {
        public static readonly RcuDomain Domain = s_domain!;
        public static readonly DomainState* State = s_domain!.Core.State;
        public static readonly Producer Producer = s_domain!.Core.Producer;

        static Made()
        {
        }
    }
}
