using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Resources;

// What the caches of one length share: the batches of arrays that did not fit into the caches of the threads that
// returned them, in the order in which they came, for threads that rent more than they return.
//
// A3 (a bounded number waits)  A depot has as many places as there are processors, at least two. What finds none is
//     left to the garbage collector.
//
// Its lock is held for a few instructions, and nothing is driven under it (O8, no user code under a lock).
internal sealed class ArrayDepot
{
    private readonly DomainCore _core;
    private ArrayBatch[]? _batches;
    private int _front;
    private int _count;
    private int _lock;

    /// <param name="core">The domain whose readers read the arrays.</param>
    /// <param name="capacity">How many arrays a cache keeps.</param>
    public ArrayDepot(DomainCore core, int capacity)
    {
        _core = core;
        Capacity = capacity;
    }

    /// <summary>How many arrays a cache keeps.</summary>
    public int Capacity { get; }

    /// <summary>How many arrays are worth a grace period, whose cost they share.</summary>
    public int WorthDriving => Math.Max(1, Capacity / 2);

    /// <summary>Whether it seems to have a batch.</summary>
    private bool SeemsFilled => Order.Acquire(in _count) != 0;

    /// <summary>The grace period that covers all that this thread has unlinked, or acquired the unlink of.</summary>
    public ulong NextTarget()
    {
        ulong target = _core.Engine.NextTarget();
        GC.KeepAlive(_core); // O5 (slot visible before use).
        return target;
    }

    /// <summary>Whether readers from before the target are gone.</summary>
    public bool HasCompleted(ulong target)
    {
        bool hasCompleted = _core.Engine.HasCompleted(target);
        GC.KeepAlive(_core);
        return hasCompleted;
    }

    /// <summary>Drives the grace period. True: they are gone now.</summary>
    public bool TryAdvance(ulong target) => _core.TryAdvanceQuietly(target);

    /// <summary>Gives a batch to any thread that finds it. False: there is no place for it.</summary>
    public bool TryPut(in ArrayBatch batch)
    {
        try
        {
            if (Order.Acquire(in _batches) is null)
            {
                FaultInjection.ThrowIfDue(FaultSite.Array);
                Once.Keep(ref _batches, new ArrayBatch[Math.Max(2, Environment.ProcessorCount)]);
            }
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        ArrayBatch[] batches = _batches!;
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        if (_count == batches.Length)
        {
            return false;
        }

        batches[(_front + _count) % batches.Length] = batch;
        Order.Release(ref _count, _count + 1);
        return true;
    }

    /// <summary>Takes the batch that came first, if its readers are gone and no other thread is here.</summary>
    public bool TryTake(out ArrayBatch batch)
    {
        batch = default;
        return SeemsFilled && (TryTakeFront(ref batch)
            || (batch.Head is not null && batch.Count >= WorthDriving
                && TryAdvance(batch.Target) && TryTakeFront(ref batch)));
    }

    // False: the front, if there is one, has to wait.
    private bool TryTakeFront(ref ArrayBatch front)
    {
        front = default;
        if (!TryLock.TryEnter(ref _lock))
        {
            return false;
        }

        bool isTaken = false;
        if (_count != 0)
        {
            ArrayBatch[] batches = _batches!;
            front = batches[_front];
            isTaken = HasCompleted(front.Target);
            if (isTaken)
            {
                batches[_front] = default;
                _front = (_front + 1) % batches.Length;
                Order.Release(ref _count, _count - 1);
                Debug.Assert(_count >= 0, "A3 (a bounded number waits): a batch leaves once.");
            }
        }

        TryLock.Exit(ref _lock);
        return isTaken;
    }
}

// Arrays that wait for the same grace period.
internal readonly record struct ArrayBatch(ArrayEntry? Head, int Count, ulong Target);
