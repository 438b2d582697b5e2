using System.Buffers;
using System.Runtime.CompilerServices;
using Quiescent.Callbacks;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent;

public abstract unsafe partial class GracePeriodDomain
{
    /// <summary>
    /// Calls the function with the head after a grace period (<c>call_rcu</c>), on the domain's reclaimer, in the order in which
    /// this thread queued. Allocates nothing and takes no lock.
    /// </summary>
    /// <param name="head">Lies in the block that the callback is about, in unmanaged memory.</param>
    /// <param name="callback">May call anything but a wait for this domain. What it throws goes to
    /// <see cref="CallbackFailed"/>.</param>
    /// <exception cref="ArgumentNullException">The head or the callback is null; nothing is queued.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed; nothing is queued.</exception>
    /// <remarks><b>Safety.</b> The head is the library's until the callback is called. A module whose functions wait here must not
    /// be unloaded before <see cref="BarrierCallbacks"/>.</remarks>
    public void Call(RcuHead* head, delegate*<RcuHead*, void> callback)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull((void*)callback, nameof(callback));
        Push(ThreadRegistrations.Find(_id), head, (nint)callback);
    }

    /// <summary>Calls the delegate after a grace period, on the reclaimer, in the order in which this thread queued.</summary>
    /// <exception cref="ArgumentNullException">The callback is null.</exception>
    /// <exception cref="RcuBacklogException">Too much waits, under <see cref="BacklogPolicy.Throw"/>.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory to note it; nothing is queued.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed; nothing is queued.</exception>
    public void Call(Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _producer.Call(ThreadRegistrations.Find(_id), new ActionCallback(callback));
    }

    /// <summary>As <see cref="Call(Action)"/>, with a state for the delegate, so that it needs to capture nothing.</summary>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void Call<TState>(TState state, Action<TState> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _producer.Call(ThreadRegistrations.Find(_id), new StateCallback<TState>(state, callback));
    }

    /// <summary>
    /// Frees the block after a grace period (<c>kfree_rcu(ptr, rhf)</c>) with <see cref="NativeHeap"/>. The head inside the block
    /// holds its own offset, so no memory is needed and nothing can fail; no pointer to code is left behind.
    /// </summary>
    /// <param name="block">The block, already unlinked. The library's from here on.</param>
    /// <param name="head">Inside the block, within its first 4,096 words.</param>
    /// <exception cref="ArgumentNullException">The block or the head is null; nothing is queued.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The head lies before the block, too far in, or unaligned; nothing is queued
    /// (the original's <c>BUG_ON</c>).</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed; the caller still owns the block.</exception>
    /// <exception cref="InvalidOperationException">With <see cref="RcuDomainOptions.Validate"/>: the block waits already.</exception>
    public void Free(void* block, RcuHead* head) => Free<NativeHeap>(block, head);

    /// <summary>
    /// Frees the block after a grace period (<c>kfree_rcu_mightsleep(ptr)</c>) with <see cref="NativeHeap"/>: one store into a page
    /// of this thread. Null is ignored. Allocates nothing on the managed heap; takes no lock and no interlocked instruction but
    /// once per page of 508 blocks.
    /// </summary>
    /// <param name="block">The block, already unlinked. The library's from here on.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for a page; the caller still owns the block. Who cannot accept that
    /// embeds a head.</exception>
    /// <exception cref="RcuBacklogException">Too much waits, under <see cref="BacklogPolicy.Throw"/>; the caller still owns the
    /// block.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed; the caller still owns the block.</exception>
    /// <exception cref="InvalidOperationException">With <see cref="RcuDomainOptions.Validate"/>: the block waits already.</exception>
    public void Free(void* block) => Free<NativeHeap>(block);

    /// <summary>Frees the blocks after a grace period (<c>kvfree_rcu_bulk</c>): all or none. Nulls are skipped.</summary>
    /// <inheritdoc cref="Free(void*)" path="/exception"/>
    public void FreeBulk(ReadOnlySpan<nint> blocks) => _producer.FreeBulk(ThreadRegistrations.Find(_id), blocks);

    /// <summary>As <see cref="Free(void*)"/>, with the given deallocator.</summary>
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
                if (Order.Acquire(in _words->AppendFlags) != 0)
                {
                    _producer.HandleAppendFlags(queue);
                }

                return;
            }
        }

        _producer.FreeBeyondFast(slot, block, channel);
    }

    /// <summary>As <see cref="Free(void*, RcuHead*)"/>, with the given deallocator.</summary>
    /// <inheritdoc cref="Free(void*, RcuHead*)" path="/exception"/>
    /// <exception cref="OutOfMemoryException">The first use of the deallocator in the process, and there is no memory for its number;
    /// the caller still owns the block.</exception>
    public void Free<TDeallocator>(void* block, RcuHead* head)
        where TDeallocator : struct, INativeDeallocator
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(head);
        Push(ThreadRegistrations.Find(_id), head, HeadWord.OfOffset(block, head, Deallocator<TDeallocator>.Channel));
    }

    /// <summary>Disposes of the resource after a grace period, on the reclaimer. Counts as a callback.</summary>
    /// <exception cref="ArgumentNullException">The resource is null.</exception>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void Dispose(IDisposable resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        _producer.Call(ThreadRegistrations.Find(_id), new DisposeCallback(resource));
    }

    /// <summary>Returns the array to its pool after a grace period, on the reclaimer. Counts as a callback.</summary>
    /// <exception cref="ArgumentNullException">The pool or the array is null.</exception>
    /// <inheritdoc cref="Call(Action)" path="/exception"/>
    public void Return<T>(ArrayPool<T> pool, T[] array, bool clearArray = false)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(array);
        _producer.Call(ThreadRegistrations.Find(_id), new ReturnCallback<T>(pool, array, clearArray));
    }

    /// <summary>The common end of all forms with a head: the word is checked, and is stored with the push.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Push(ReaderSlot* slot, RcuHead* head, nint word)
    {
        if (slot != null && !ReaderSlot.IsTwin(slot) && Order.Acquire(in _words->Closed) == 0)
        {
            // SAFETY: the caller hands the head over; the slot's queues live as long as the slot.
            head->Word = word;
            HeadQueue* queue = Producer.QueueFor((ThreadQueues*)slot->Queues, word);
            long position = HeadQueue.Push(queue, head);
            if (Producer.IsCollectDue(position) || Order.Acquire(in _words->AppendFlags) != 0)
            {
                _producer.AfterPush(slot, queue, position);
            }

            return;
        }

        _producer.PushBeyondFast(slot, head, word);
    }
}
