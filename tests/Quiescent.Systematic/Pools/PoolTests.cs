using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Pools;

// P1 to P5: blocks of a pool between their owner, the reclaimer, barriers and a disposal.
public unsafe class PoolTests
{
    private struct Item
    {
        public int Rents;
    }

    // Pages of one block or two. Catches blocks rented under a reader, rented to two at a time, or lost.
    [Fact]
    public void A_block_is_rented_again_after_its_grace_period_and_to_one_thread_at_a_time() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        const int Updates = 3;
        using RcuDomain domain = Domains.WithPagesOf(1 + schedule.Choose(2));
        RcuPool<Item> pool = new(domain, new RcuPoolOptions { SlabBytes = 4096 });
        RcuPointer<Item> pointer = default;
        HashSet<nint> blocksOut = [];
        pointer.Assign(Rent(pool, blocksOut));
        schedule.Start(() =>
        {
            for (int i = 0; i < Updates; i++)
            {
                Free(pool, pointer.Exchange(Rent(pool, blocksOut)), blocksOut);
            }
        });
        schedule.Start(() =>
        {
            for (int i = 0; i < Updates; i++)
            {
                using ReadGuard guard = domain.ReadLock();
                Item* block = guard.DereferencePointer(in pointer);
                int rents = block->Rents;
                Schedule.Point();
                Schedule.Require(block->Rents == rents, "A block was rented under a reader.");
            }
        });
        Free(pool, Rent(pool, blocksOut), blocksOut);
        domain.Barrier();
        schedule.JoinAll();
        Free(pool, pointer.Exchange(null), blocksOut);
        domain.Barrier();
        RcuPoolStatistics books = pool.GetStatistics();
        Schedule.Require(books is { BlocksOut: 0, BlocksWaiting: 0 }, $"{books}");
        pool.Dispose();
    });

    // The barrier of one pool, while the reclaimer is in a callback that returns only after the barrier has. Catches a
    // barrier that misses a page, waits only until blocks were taken, or waits for a callback.
    [Fact]
    public void A_pool_s_barrier_covers_what_was_freed_before_and_waits_for_no_callback() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        const int Frees = 3;
        using RcuDomain domain = Domains.WithPagesOf(1 + schedule.Choose(2));
        RcuPool<Item> pool = new(domain, new RcuPoolOptions { SlabBytes = 4096 });
        int started = 0;
        int queued = 0;
        bool isOver = false;
        domain.Call(() => Schedule.Until(() => isOver));
        schedule.Start(() =>
        {
            for (int i = 1; i <= Frees; i++)
            {
                Item* block = pool.Rent();
                started = i;
                pool.Free(block);
                queued = i;
            }
        });
        schedule.Start(() =>
        {
            using ReadGuard guard = domain.ReadLock();
            Schedule.Point();
        });
        Schedule.Point();
        int before = queued;
        pool.Barrier();
        long waiting = pool.GetStatistics().BlocksWaiting;
        Schedule.Require(
            waiting <= started - before,
            $"{before} blocks had been freed before the barrier; of {started} there wait {waiting} behind it.");
        isOver = true;
        schedule.JoinAll();
        domain.Barrier();
        pool.Dispose();
    });

    // [L], [M]: renting while the pool is disposed of.
    [Fact]
    public void A_rent_that_meets_a_disposal_holds_it_up_or_is_refused() => Exploration.Run(
        threads: 2, isCloseUp: true, scenario: schedule =>
    {
        using RcuDomain domain = Domains.WithPagesOf(2);
        RcuPool<Item> pool = new(domain, new RcuPoolOptions { SlabBytes = 4096 });
        pool.FreeNow(pool.Rent());
        bool isReady = false;
        Item* rented = null;
        bool isDisposed = false;
        schedule.Start(() =>
        {
            pool.FreeNow(pool.Rent());
            isReady = true;
            try
            {
                rented = pool.Rent();
                Schedule.Point();
                Schedule.Require(!isDisposed, "A pool with a block out was disposed of.");
            }
            catch (ObjectDisposedException)
            {
                // The other permitted outcome.
            }
        });
        Schedule.Until(() => isReady);
        try
        {
            pool.Dispose();
            isDisposed = true;
            Schedule.Require(rented == null, "A pool with a block out was disposed of.");
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            // A block is out.
        }

        schedule.JoinAll();
        Schedule.Require(!isDisposed || rented == null, "A block was rented from a pool that is gone.");
        pool.FreeNow(rented);
        pool.Dispose();
    });

    private static Item* Rent(RcuPool<Item> pool, HashSet<nint> blocksOut)
    {
        Item* block = pool.Rent();
        Schedule.Require(blocksOut.Add((nint)block), "A block was rented to two.");
        block->Rents++;
        return block;
    }

    private static void Free(RcuPool<Item> pool, Item* block, HashSet<nint> blocksOut)
    {
        blocksOut.Remove((nint)block);
        pool.Free(block);
    }
}
