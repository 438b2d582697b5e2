using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Reclamation;

namespace Quiescent.Pools;

// Counts where a pool's blocks are.
//
// P6 (blocks out)  The count of blocks out is rented less freed, from each magazine's own figures, and never from where
//     blocks are: so it does not miss a block on its way from one place to another. The freed count is the number of
//     entries that the queue has ever received.
internal sealed unsafe class PoolCounts(BlockPool pool)
{
    private long _freedWithoutMagazine;

    /// <summary>Counts a block that FreeNow took straight to the depot.</summary>
    public void AddFreedWithoutMagazine() => Order.Increment(ref _freedWithoutMagazine);

    /// <summary>Reads what was freed before what was rented, so that the blocks freed never seem to outnumber those
    /// rented.</summary>
    public RcuPoolStatistics Read()
    {
        long freed = Order.Acquire(in _freedWithoutMagazine);
        long waiting = 0;
        for (Enumerator magazines = new(pool); magazines.MoveNext();)
        {
            Figures figures = magazines.Read();
            freed += figures.Freed;
            waiting += figures.Waiting;
        }

        long rented = 0;
        for (Enumerator magazines = new(pool); magazines.MoveNext();)
        {
            rented += magazines.Read().Rented;
        }

        (long slabs, long blocks, _) = pool.Depot.Read();
        long blocksOut = slabs == 0 ? 0 : rented - freed;
        return new RcuPoolStatistics
        {
            BlocksOut = blocksOut,
            BlocksWaiting = waiting,
            BlocksReady = Math.Max(0, blocks - blocksOut - waiting),
            Slabs = slabs,
            SlabBytes = slabs * (long)pool.SlabBytes,
        };
    }

    /// <summary>Counts the blocks that are out of a closed pool: nothing is rented, so blocks that come back during the
    /// count make the true figure smaller, never larger.</summary>
    public long CountOut()
    {
        long blocksOut = 0;
        for (Enumerator magazines = new(pool); magazines.MoveNext();)
        {
            Figures figures = magazines.Read();
            blocksOut += figures.Rented - figures.Freed;
        }

        return blocksOut - Order.Acquire(in _freedWithoutMagazine);
    }

    /// <summary>How many blocks are ready to rent in all threads' magazines.</summary>
    public long CountInMagazines()
    {
        long ready = 0;
        for (Enumerator magazines = new(pool); magazines.MoveNext();)
        {
            ready += Order.Acquire(in magazines.Current->Count);
        }

        return ready;
    }

    // Rented is net of what FreeNow brought back.
    private readonly record struct Figures(long Rented, long Freed, long Waiting);

    // The pool's magazines, of idle, busy and ended threads.
    private ref struct Enumerator(BlockPool pool)
    {
        private readonly DomainCore _core = pool.Core;
        private int _slot = pool.Core.Slots.End;
        private PageQueue* _queue;

        public readonly Magazine* Current => (Magazine*)_queue;

        public bool MoveNext()
        {
            do
            {
                _queue = _queue == null ? null : _queue->Following;
                while (_queue == null)
                {
                    if (_slot-- == 0)
                    {
                        return false;
                    }

                    _queue = &_core.QueuesOf(_slot)->Blocks;
                }
            }
            while (_queue->Channel != pool.Channel || Order.Acquire(in Current->Pool) != pool.State.Number);

            return true;
        }

        public readonly Figures Read()
        {
            using TryLock.Holder holder = TryLock.Hold(ref _queue->Lock);
            long tail = _queue->Tail();
            return new Figures(
                Current->Received - Order.Acquire(in Current->Count),
                tail - Current->FreedBefore,
                tail - Order.Acquire(in _queue->Reclaimed));
        }
    }
}
