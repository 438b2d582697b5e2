using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Reclamation;

namespace Quiescent.Pools;

// How a pool ends.
//
//              blocks are out
//          ┌─────────────────────┐
//          ▼     Dispose         │          none is out
//        open ─────────────► closing ─────────────────────► disposed: wait for queued blocks, free the slabs
//
// P5 (disposal and renting never both succeed)  Renting takes a block (release store of the magazine's count [L]), then
//     reads Open again. Disposal closes Open, issues the process-wide barrier [M], then counts. Outcomes, by where the
//     renting thread executes its share of the barrier:
//       - it took the block before: the count finds the block out, and the pool opens again;
//       - it takes the block after: its second read of Open comes later still and sees the pool closed, so the renter
//         puts the block back untouched. The block may be in a slab that is freed by then.
//     Freeing needs no such pair: a block counts as out until its place in a queue or magazine is visible, and while
//     one is out, nothing is disposed of.
// P7 (a dropped pool frees nothing in use)  A dropped pool frees its slabs when all blocks are in magazines and the
//     depot. It looks when it is dropped, and again whenever queued blocks come home; its handle keeps it until then.
//     Blocks that are still out can no longer be freed, but may still be read: then the slabs stay for ever. The slabs
//     of a type-safe pool leave as in P4 (a grace period later), since its readers need no pool.
internal sealed unsafe partial class BlockPool
{
    private const int Closing = 1;
    private const int Disposed = 2;
    private const int DomainDisposed = 4;
    private const int Abandoned = 8;

    private int _state;
    private int _stateGate;
    private int _released;

    /// <summary>Closes the pool, waits until its queued blocks have come home, and frees the slabs.</summary>
    /// <exception cref="InvalidOperationException">Blocks are out, and nothing has changed; or this thread must not
    /// wait.</exception>
    public void Dispose()
    {
        _core.RequireMayWait(nameof(Dispose));
        long blocksOut = Close();
        if (blocksOut != 0)
        {
            throw new InvalidOperationException(
                $"{blocksOut} blocks of the pool '{_name}' are still out. "
                + "Nothing was freed, and the pool can be used as before.");
        }

        if (BarrierTarget.Take(_core, codeOnly: false) is { } target)
        {
            BarrierWait.For(_core, target);
        }

        if (_isTypesafe)
        {
            _core.WaitFor(_core.Engine.NextTarget());
        }

        Release();
    }

    // Closes the pool if no block is out; nothing is freed yet. Returns how many are out.
    private long Close()
    {
        if ((State & Disposed) != 0)
        {
            return 0;
        }

        ChangeState(set: Closing);
        Order.FenceAllThreads(); // [M] partner: [L] in Magazine.cs; outcomes above at P5.
        long blocksOut = CountOut();
        ChangeState(set: blocksOut == 0 ? Disposed : 0, clear: Closing);
        return blocksOut;
    }

    // Frees the slabs of a closed pool in which nothing waits and whose blocks nobody reads.
    private void Release()
    {
        if (Order.Or(ref _released, 1) == 0)
        {
            _depot.ReleaseAll();
            Forget();
        }
    }

    /// <summary>Called when nothing refers to the pool any more.</summary>
    public void Abandon()
    {
        ChangeState(set: Abandoned);
        Order.FenceAllThreads(); // [M] for a fast path that was the last use of its pool.
        ReleaseIfAbandoned();
    }

    /// <inheritdoc/>
    public override void MarkDomainDisposed() => ChangeState(set: DomainDisposed);

    private int State => Order.Acquire(in _state);

    private void ReleaseIfAbandoned()
    {
        if ((State & Abandoned) == 0)
        {
            return;
        }

        (_, long blocks, long home) = _depot.Read();
        for (Enumerator magazines = new(this); magazines.MoveNext();)
        {
            home += Order.Acquire(in magazines.Current->Count);
        }

        if (home == blocks && Order.Or(ref _released, 1) == 0)
        {
            Release(_depot.TakeAll());
            Forget();
        }
    }

    // A reader that found a block of a type-safe slab before the last of its blocks was freed may still read the slab:
    // it leaves after a grace period.
    private void Release(Slab* slab)
    {
        while (slab != null)
        {
            Slab* next = slab->Next;
            if (!_isTypesafe)
            {
                NativeMemory.AlignedFree(slab);
            }
            else
            {
                nint word = HeadWord.OfOffset(slab, &slab->Head, Deallocators.AlignedNativeHeap);
                slab->Head.Word = word;
                if (!_producer.TryPushShared(&slab->Head, word))
                {
                    ReleaseAfterDomain(slab);
                }
            }

            slab = next;
        }
    }

    // A disposed domain takes no heads. Unless a section is still open, this thread can drive a grace period itself.
    private void ReleaseAfterDomain(Slab* slab)
    {
        if (_core.Engine.TryAdvance(_core.Engine.NextTarget()))
        {
            NativeMemory.AlignedFree(slab);
        }
        else
        {
            _depot.PutBack(slab); // Until the pool's disposal. A dropped pool's slab stays for ever.
        }
    }

    private void Forget()
    {
        _core.Sinks.Remove(_channel);
        _handle.Free();
    }

    private void ChangeState(int set, int clear = 0)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _stateGate);
        int state = (_state | set) & ~clear;
        Order.Release(ref _state, state);
        Order.Release(ref _open, state == 0 ? _number : Magazines.Closed);
    }

    // Waits while a disposal is under way. It decides soon, one way or the other.
    private void AwaitOpen()
    {
        Backoff backoff = default;
        try
        {
            int state;
            while ((state = State) != 0)
            {
                if ((state & (Disposed | DomainDisposed)) != 0)
                {
                    ThrowDisposed();
                }

                backoff.PauseUninterrupted();
            }
        }
        finally
        {
            backoff.RestoreInterrupt();
        }
    }

    private void ThrowIfDisposed()
    {
        if ((State & Disposed) != 0)
        {
            ThrowDisposed();
        }
    }

    [DoesNotReturn]
    private void ThrowDisposed() =>
        throw new ObjectDisposedException("RcuPool", $"The pool '{_name}', or its domain, is disposed.");
}
