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
//        open ─────────────► closing ─────────────────────► disposed: wait for what waits, free the slabs
//
// P5  Renting takes a block (release store of the magazine's count [L]), then reads Open again. Disposal closes Open,
//     issues the process-wide barrier [M], then counts. Outcomes, by where the renting thread executes its share of the
//     barrier: the block was taken before it, then the count finds it out, and the pool opens again; or it was not,
//     then the second read of Open comes later still and sees it closed: the renter puts the block back untouched. It
//     may be in a slab that is freed by then. Freeing needs no such pair: a block is out until its place in a queue or
//     magazine is visible, and with one out nothing is disposed of.
// P7  A pool that is dropped frees its slabs when all blocks are in magazines and the depot, which is looked at when it
//     is dropped and whenever queued blocks come home. Its handle keeps it until then. Blocks that are out nobody can
//     free any more, but may still be read: then the slabs stay for ever. A type-safe pool's slabs leave as in P4,
//     since its readers need no pool.
internal sealed unsafe partial class BlockPool
{
    private const int Closing = 1;
    private const int Disposed = 2;
    private const int DomainDisposed = 4;
    private const int Abandoned = 8;

    private int _state;
    private int _stateGate;
    private int _released;

    /// <summary>Closes the pool, waits until its queued blocks came home and frees the slabs.</summary>
    /// <exception cref="InvalidOperationException">Blocks are out, and nothing has changed; or this thread must not
    /// wait.</exception>
    public void Dispose()
    {
        _core.RequireMayWait(nameof(Dispose));
        long blocksOut = Close();
        if (blocksOut != 0)
        {
            throw new InvalidOperationException(
                $"{blocksOut} blocks of the pool '{_name}' are still out. Nothing was freed, and the pool can be used as before.");
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

    /// <summary>The pool's last reference was dropped.</summary>
    public void Abandon()
    {
        ChangeState(set: Abandoned);
        Order.FenceAllThreads(); // [M] for a fast path that was its object's last use.
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

    // A reader that found a block of a type-safe slab before the last was freed may still read it.
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

    // A disposed domain takes no heads. Unless a section is still open, a grace period can be driven here and now.
    private void ReleaseAfterDomain(Slab* slab)
    {
        if (_core.Engine.TryAdvance(_core.Engine.NextTarget()))
        {
            NativeMemory.AlignedFree(slab);
        }
        else
        {
            _depot.PutBack(slab); // Until the pool is disposed of; a dropped pool's stays for ever.
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

    // Disposal decides soon, one way or the other.
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
