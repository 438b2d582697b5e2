using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Resources;

// The returned arrays of one length, in the order in which they came back, each with the grace period that covers its
// return.
//
// A1  An array is handed out after its grace period only: it leaves the front, and only when the domain has completed
//     the target that was taken when it came back, after its user had unlinked it (O3, [G]). Each array has a target of
//     its own.
// A2  No array is handed out twice for one return: an array that is here and comes again is refused, by identity.
// A3  Memory is bounded: when there is no room, and while a reader holds grace periods up, an array is left to the
//     garbage collector, which waits for its readers by itself. So nothing has to run when nobody rents (O9).
internal sealed class ArrayBucket<T>
{
    private readonly DomainCore _core;
    private readonly Returned[] _ring;
    private readonly HashSet<T[]> _here;
    private int _lock;
    private int _front;
    private int _count;

    public ArrayBucket(DomainCore core, int length, int capacity)
    {
        _core = core;
        Length = length;
        _ring = new Returned[capacity];
        _here = new HashSet<T[]>(capacity, ReferenceEqualityComparer.Instance);
    }

    /// <summary>The length of its arrays.</summary>
    public int Length { get; }

    /// <summary>An array whose grace period has passed, or null.</summary>
    public T[]? TryRent()
    {
        Returned front;
        using (TryLock.Holder holder = TryLock.Hold(ref _lock))
        {
            if (_count == 0)
            {
                return null;
            }

            front = _ring[_front];
            if (!_core.Engine.HasCompleted(front.Target) && !(_count >= DriveAt && _core.TryAdvanceQuietly(front.Target)))
            {
                return null;
            }

            _ring[_front] = default;
            _front = (_front + 1) % _ring.Length;
            _count--;
            _here.Remove(front.Array);
        }

        if (front.Clear)
        {
            Array.Clear(front.Array);
        }

        return front.Array;
    }

    /// <summary>Takes an array back. False: it is here already.</summary>
    public bool TryReturn(T[] array, bool clear)
    {
        ulong target = _core.Engine.NextTarget();
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        if (_count == _ring.Length)
        {
            return !_here.Contains(array);
        }

        if (!_here.Add(array))
        {
            return false;
        }

        _ring[(_front + _count) % _ring.Length] = new Returned(array, target, clear);
        _count++;
        return true;
    }

    // A renter drives a grace period when this many arrays wait, so that as many share its cost.
    private int DriveAt => Math.Max(1, _ring.Length / 2);

    private readonly record struct Returned(T[] Array, ulong Target, bool Clear);
}
