using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Resources;

// What the caches of one length share: the stacks that did not fit into the caches of the threads that returned them,
// in the order in which they came, for threads that rent more than they return.
//
// A3 (a bounded number waits)  A depot has as many places as there are processors, at least two. What finds none is
//     left to the garbage collector.
//
// Its lock is held for a few instructions; nothing is driven and nothing allocated under it: O8 (no user code under a
// lock).
internal sealed class ArrayDepot
{
    private readonly DomainCore _core;
    private ArrayStack[]? _stacks;
    private ulong _lastTarget;
    private int _front;
    private int _count;
    private int _arrays;
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

    /// <summary>Drives the grace period. Handlers of the program may run on this thread, and use the caller's
    /// cache.</summary>
    public void Drive(ulong target) => _core.TryAdvanceQuietly(target);

    /// <summary>Gives a stack to any thread that finds it; leaves its arrays to the garbage collector if there is no
    /// place for it.</summary>
    /// <returns>An empty stack.</returns>
    public ArrayStack Put(ArrayStack stack)
    {
        if (TryPut(stack, out ArrayStack empty))
        {
            return empty;
        }

        stack.Clear(); // A3.
        return stack;
    }

    // The place's last stack has left its room, empty.
    private bool TryPut(in ArrayStack stack, out ArrayStack empty)
    {
        empty = new ArrayStack();
        try
        {
            if (Order.Acquire(in _stacks) is null)
            {
                FaultInjection.ThrowIfDue(FaultSite.Array);
                Once.Keep(ref _stacks, new ArrayStack[Math.Max(2, Environment.ProcessorCount)]);
            }
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        ArrayStack[] stacks = _stacks!;
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        if (_count == stacks.Length)
        {
            return false;
        }

        ref ArrayStack place = ref stacks[(_front + _count) % stacks.Length];
        if (place.HasRoom)
        {
            empty = place;
        }

        place = stack;
        _arrays += stack.Count;
        _lastTarget = stack.Target;
        Order.Release(ref _count, _count + 1);
        return true;
    }

    /// <summary>Takes the stack that came first, if its readers are gone, for an empty one. Drives their grace period
    /// if enough arrays wait here. False: there is none, it is too high, or another thread is here.</summary>
    /// <param name="stack">An empty stack; then the one that came first.</param>
    /// <param name="room">How many arrays the caller has room for.</param>
    public bool TryTake(ref ArrayStack stack, int room)
    {
        if (Order.Acquire(in _count) == 0)
        {
            return false;
        }

        if (TryTakeFront(ref stack, room, out ulong? worthDriving))
        {
            return true;
        }

        if (worthDriving is { } target)
        {
            Drive(target);
        }

        return false;
    }

    // If it is false, and enough arrays wait, also the target of the last.
    private bool TryTakeFront(ref ArrayStack stack, int room, out ulong? worthDriving)
    {
        Debug.Assert(stack.Count == 0, "A2 (rented once for each return): no array is lost.");
        worthDriving = null;
        if (!TryLock.TryEnter(ref _lock))
        {
            return false;
        }

        bool isTaken = false;
        if (_count != 0 && _stacks![_front].Count <= room)
        {
            ref ArrayStack front = ref _stacks[_front];
            isTaken = HasCompleted(front.Target);
            if (isTaken)
            {
                (stack, front) = (front, stack);
                _front = (_front + 1) % _stacks.Length;
                _arrays -= stack.Count;
                Debug.Assert(_arrays >= 0, "A2 (rented once for each return): a stack leaves once.");
                Order.Release(ref _count, _count - 1);
            }
            else if (_arrays >= WorthDriving)
            {
                worthDriving = _lastTarget;
            }
        }

        TryLock.Exit(ref _lock);
        return isTaken;
    }
}
