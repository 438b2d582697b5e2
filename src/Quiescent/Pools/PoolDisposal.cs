using Quiescent.Ordering;
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
//     A block that goes into a magazine without a queue keeps the pool's public object until it is there.
//     Blocks that are still out can no longer be freed, but may still be read: then the slabs stay for ever. The slabs
//     of a type-safe pool leave as in P4 (SlabRelease.cs), since its readers need no pool.
//     Whoever discards a pool vouches that nobody uses the blocks that are out: they go with their slabs, once the
//     queued ones have come home.
internal sealed unsafe class PoolDisposal(BlockPool pool, SlabRelease slabs)
{
    private int _released;
    private long _discarded; // Of a discarded pool: the blocks that are out for ever.

    /// <summary>Closes the pool, waits until its queued blocks have come home, and frees the slabs.</summary>
    /// <exception cref="InvalidOperationException">Blocks are out, and nothing has changed; or this thread must not
    /// wait.</exception>
    public void Dispose()
    {
        try
        {
            CloseAndRelease();
        }
        catch (TimeoutException)
        {
            // The process is exiting, and the slabs end with it.
        }
    }

    /// <summary>Called when nothing refers to the pool any more.</summary>
    public void Abandon()
    {
        pool.State.Change(set: PoolState.Abandoned);
        Order.FenceAllThreads(); // [M] for a fast path that was the last use of its pool.
        ReleaseIfAbandoned();
    }

    /// <summary>Called when nobody calls the pool any more, now or later, or uses a block of it: those that are out go
    /// with their slabs.</summary>
    public void Discard()
    {
        // Under no lock, and final: later, the reclaimer asks under the lock of a queue.
        Order.Release(ref _discarded, pool.Counts.CountOut());
        pool.State.Change(set: PoolState.Disposed | PoolState.Abandoned | PoolState.Discarded);
        ReleaseIfAbandoned();
    }

    /// <summary>Frees the slabs of a dropped pool once all blocks are in magazines and the depot.</summary>
    public void ReleaseIfAbandoned()
    {
        if (!pool.State.Has(PoolState.Abandoned))
        {
            return;
        }

        (_, long blocks, long home) = pool.Depot.Read();
        home += pool.Counts.CountInMagazines();
        home += pool.State.Has(PoolState.Discarded) ? Order.Acquire(in _discarded) : 0;
        if (home == blocks && Order.Or(ref _released, 1) == 0)
        {
            slabs.Release(pool.Depot.TakeAll());
            pool.Forget();
        }
    }

    private void CloseAndRelease()
    {
        DomainCore core = pool.Core;
        core.RequireMayWait(nameof(Dispose));
        long blocksOut = Close();
        if (blocksOut != 0)
        {
            throw new InvalidOperationException(
                $"{blocksOut} blocks of the pool '{pool.Name}' are still out. "
                + "Nothing was freed, and the pool can be used as before.");
        }

        // A type-safe pool has no blocks in queues, but slabs that wait as heads of the domain.
        BarrierScope scope = pool.IsTypesafe ? BarrierScope.Blocks : BarrierScope.Of(pool.Channel);
        if (BarrierTarget.Take(core, scope) is { } target)
        {
            BarrierWait.For(core, target);
        }

        if (pool.IsTypesafe)
        {
            core.WaitFor(core.Engine.NextTarget());
        }

        Release();
    }

    // Closes the pool if no block is out; nothing is freed yet. Returns how many are out.
    private long Close()
    {
        if (pool.State.Has(PoolState.Disposed))
        {
            return 0;
        }

        pool.State.Change(set: PoolState.Closing);
        Order.FenceAllThreads(); // [M] partner: [L] in Magazine.cs; outcomes above at P5.
        long blocksOut = pool.Counts.CountOut();
        pool.State.Change(set: blocksOut == 0 ? PoolState.Disposed : 0, clear: PoolState.Closing);
        return blocksOut;
    }

    // Frees the slabs of a closed pool in which nothing waits and whose blocks nobody reads.
    private void Release()
    {
        if (Order.Or(ref _released, 1) == 0)
        {
            pool.Depot.ReleaseAll();
            pool.Forget();
        }
    }
}
