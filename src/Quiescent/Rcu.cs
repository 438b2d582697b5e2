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
    private static readonly RcuDomain s_domain = new(new RcuDomainOptions { Name = "default" }, &Remember);
    private static readonly DomainState* s_state = s_domain.Core.State;
    private static readonly Producer s_producer = s_domain.Core.Producer;

    /// <summary>The domain that this class's members work on. It cannot be disposed of.</summary>
    public static RcuDomain DefaultDomain => s_domain;

    /// <inheritdoc cref="RcuDomain.IsReadLockHeld"/>
    public static bool IsReadLockHeld => s_domain.IsReadLockHeld;

    /// <inheritdoc cref="RcuDomain.ReadLock"/>
    /// <returns>The section; dispose of it to end it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadGuard ReadLock()
    {
        ReaderSlot* slot = DefaultSlot.OfThisThread;

        // SAFETY: the thread's registration keeps the slot's memory (O5: slot visible before use); the default domain's
        // words are never freed.
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
    public static RcuReader RegisterReader() => s_domain.RegisterReader();

    /// <inheritdoc cref="GracePeriodDomain.Synchronize"/>
    public static void Synchronize() => s_domain.Synchronize();

    /// <inheritdoc cref="GracePeriodDomain.SynchronizeAsync"/>
    public static ValueTask SynchronizeAsync(CancellationToken cancellationToken = default) =>
        s_domain.SynchronizeAsync(cancellationToken);

    /// <inheritdoc cref="GracePeriodDomain.GetState"/>
    public static GracePeriodState GetState() => s_domain.GetState();

    /// <inheritdoc cref="GracePeriodDomain.StartPoll"/>
    public static GracePeriodState StartPoll() => s_domain.StartPoll();

    /// <inheritdoc cref="GracePeriodDomain.Poll"/>
    public static bool Poll(GracePeriodState state) => s_domain.Poll(state);

    /// <inheritdoc cref="GracePeriodDomain.CondSynchronize"/>
    public static void CondSynchronize(GracePeriodState state) => s_domain.CondSynchronize(state);

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
        s_domain.Push(DefaultSlot.OfThisThread, head, (nint)callback);
    }

    /// <inheritdoc cref="GracePeriodDomain.Call(Action)"/>
    public static void Call(Action callback) => s_domain.Call(callback);

    /// <inheritdoc cref="GracePeriodDomain.Call{TState}(TState, Action{TState})"/>
    public static void Call<TState>(TState state, Action<TState> callback) => s_domain.Call(state, callback);

    /// <inheritdoc cref="GracePeriodDomain.Call(Func{ValueTask})"/>
    public static void Call(Func<ValueTask> callback) => s_domain.Call(callback);

    /// <inheritdoc cref="GracePeriodDomain.Call{TState}(TState, Func{TState, ValueTask})"/>
    public static void Call<TState>(TState state, Func<TState, ValueTask> callback) => s_domain.Call(state, callback);

    /// <inheritdoc cref="GracePeriodDomain.Free(void*, RcuHead*)"/>
    public static void Free(void* block, RcuHead* head) => Free<NativeHeap>(block, head);

    /// <inheritdoc cref="GracePeriodDomain.Free(void*)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Free(void* block)
    {
        void* queues = DefaultSlot.Queues;
        if (queues != null && block != null)
        {
            // SAFETY: the slot's queues live as long as the slot, which the thread's registration keeps.
            PageQueue* queue = &((ThreadQueues*)queues)->Blocks;
            if (Producer.TryAppendFast(queue, block))
            {
                if (AppendWord.IsDue(&queue->Append))
                {
                    s_producer.HandleAppendFlags(queue);
                }

                return;
            }
        }

        FreeBeyondFast(block);
    }

    /// <inheritdoc cref="GracePeriodDomain.FreeBulk"/>
    public static void FreeBulk(ReadOnlySpan<nint> blocks) => s_domain.FreeBulk(blocks);

    /// <inheritdoc cref="GracePeriodDomain.Free{TDeallocator}(void*)"/>
    public static void Free<TDeallocator>(void* block)
        where TDeallocator : struct, INativeDeallocator => s_domain.Free<TDeallocator>(block);

    /// <inheritdoc cref="GracePeriodDomain.Free{TDeallocator}(void*, RcuHead*)"/>
    public static void Free<TDeallocator>(void* block, RcuHead* head)
        where TDeallocator : struct, INativeDeallocator
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(head);
        nint word = HeadWord.OfOffset(block, head, Deallocator<TDeallocator>.Channel);
        s_domain.Push(DefaultSlot.OfThisThread, head, word);
    }

    /// <inheritdoc cref="GracePeriodDomain.DeferThrottle"/>
    public static ThrottleDeferral DeferThrottle() => s_domain.DeferThrottle();

    /// <inheritdoc cref="GracePeriodDomain.Dispose(IDisposable)"/>
    public static void Dispose(IDisposable resource) => s_domain.Dispose(resource);

    /// <inheritdoc cref="GracePeriodDomain.Return"/>
    public static void Return<T>(ArrayPool<T> pool, T[] array, bool clearArray = false) =>
        s_domain.Return(pool, array, clearArray);

    /// <inheritdoc cref="GracePeriodDomain.Barrier"/>
    public static void Barrier() => s_domain.Barrier();

    /// <inheritdoc cref="GracePeriodDomain.BarrierAsync"/>
    public static ValueTask BarrierAsync(CancellationToken cancellationToken = default) =>
        s_domain.BarrierAsync(cancellationToken);

    /// <inheritdoc cref="GracePeriodDomain.BarrierCallbacks"/>
    public static void BarrierCallbacks() => s_domain.BarrierCallbacks();

    /// <summary>Whether a reference that <see cref="ReadGuard.Dereference{T}(ref readonly RcuPointer{T})"/> returned
    /// stands for null. Costs a comparison.</summary>
    /// <param name="reference">What <c>Dereference</c> returned.</param>
    /// <returns>True when it stands for null.</returns>
    public static bool IsNull<T>(ref readonly T reference) => Unsafe.IsNullRef(in reference);

    /// <inheritdoc cref="GracePeriodDomain.GetStatistics"/>
    public static RcuStatistics GetStatistics() => s_domain.GetStatistics();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadGuard ReadLockBeyondFast(ReaderSlot* slot) => s_domain.ReadLockBeyondFast(slot);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FreeBeyondFast(void* block)
    {
        ThreadQueues* queues = (ThreadQueues*)DefaultSlot.Queues;
        if (queues == null || block == null || !s_producer.TryCollectAndAppend(&queues->Blocks, block))
        {
            s_producer.FreeBeyondFast(DefaultSlot.OfThisThread, block, Deallocators.NativeHeap);
        }
    }

    private static void Remember(ReaderSlot* slot)
    {
        DefaultSlot.OfThisThread = slot;
        DefaultSlot.Queues = ReaderSlot.IsTwin(slot) ? null : slot->Queues;
    }
}
