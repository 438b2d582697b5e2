using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Reclamation;

namespace Quiescent.Pools;

// Counts where a pool's blocks are: P6 (blocks out = rented less freed).
internal sealed unsafe partial class BlockPool
{
    private long _freedWithoutMagazine;

    /// <summary>Reads what was freed before what was rented, so that the blocks freed never seem to outnumber those
    /// rented.</summary>
    public RcuPoolStatistics Read()
    {
        long freed = Order.Acquire(in _freedWithoutMagazine);
        long waiting = 0;
        for (Enumerator magazines = new(this); magazines.MoveNext();)
        {
            Figures figures = magazines.Read();
            freed += figures.Freed;
            waiting += figures.Waiting;
        }

        long rented = 0;
        for (Enumerator magazines = new(this); magazines.MoveNext();)
        {
            rented += magazines.Read().Rented;
        }

        (long slabs, long blocks, _) = _depot.Read();
        long blocksOut = slabs == 0 ? 0 : rented - freed;
        return new RcuPoolStatistics
        {
            BlocksOut = blocksOut,
            BlocksWaiting = waiting,
            BlocksReady = Math.Max(0, blocks - blocksOut - waiting),
            Slabs = slabs,
            SlabBytes = slabs * (long)_layout.SlabBytes,
        };
    }

    // Called on a closed pool: nothing is rented, so blocks that come back during the count make the true figure
    // smaller, never larger.
    private long CountOut()
    {
        long blocksOut = 0;
        for (Enumerator magazines = new(this); magazines.MoveNext();)
        {
            Figures figures = magazines.Read();
            blocksOut += figures.Rented - figures.Freed;
        }

        return blocksOut - Order.Acquire(in _freedWithoutMagazine);
    }

    // Rented is net of what FreeNow brought back.
    private readonly record struct Figures(long Rented, long Freed, long Waiting);

    // The pool's magazines, of idle, busy and ended threads.
    private ref struct Enumerator(BlockPool pool)
    {
        private readonly DomainCore _core = pool._core;
        private int _slot = pool._core.Slots.End;
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
            while (_queue->Channel != pool._channel || Order.Acquire(in Current->Pool) != pool._number);

            return true;
        }

        public readonly Figures Read()
        {
            using TryLock.Holder holder = TryLock.Hold(ref _queue->Lock);
            long tail = _queue->Tail(_core.Queues);
            return new Figures(
                Current->Received - Order.Acquire(in Current->Count),
                tail - Current->FreedBefore,
                tail - Order.Acquire(in _queue->Reclaimed));
        }
    }
}
