using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Resources;

// The returned arrays of one length, in the order in which they came back, each with the grace period that covers its
// return.
//
// A1 (rented again only after its grace period)  An array leaves the front, and only once the domain has completed the
//     target that was taken when it came back, after its user had unlinked it: O3 (unlinked before started), [G]. Each
//     array has a target of its own.
// A2 (rented once for each return)  The bucket refuses an array that is in it already, by identity.
// A3 (a bounded number waits)  When there is no room, and while a reader holds up grace periods, the bucket leaves
//     arrays to the garbage collector, which waits for their readers by itself. So nothing has to run while nobody
//     rents: O9 (nothing runs without work).
//
// Checked by: ArrayPoolTests; mutants A1, A2.
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
        // Driven under no lock: it may have a pool thread report what ended, which takes memory (O8).
        if (!TryTake(out Returned front, out ulong? awaited)
            && !(awaited is { } target && _core.TryAdvanceQuietly(target) && TryTake(out front, out _)))
        {
            return null;
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
        GC.KeepAlive(_core); // O5 (slot visible before use).
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

    // False: none is ready; if enough wait, what the first waits for.
    private bool TryTake(out Returned front, out ulong? awaited)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        awaited = null;
        front = _count == 0 ? default : _ring[_front];
        if (_count == 0)
        {
            return false;
        }

        if (!_core.Engine.HasCompleted(front.Target))
        {
            awaited = _count >= DriveAt ? front.Target : null;
            return false;
        }

        _ring[_front] = default;
        _front = (_front + 1) % _ring.Length;
        _count--;
        _here.Remove(front.Array);
        return true;
    }

    // A renter drives a grace period when this many arrays wait, so that they share its cost.
    private int DriveAt => Math.Max(1, _ring.Length / 2);

    private readonly record struct Returned(T[] Array, ulong Target, bool Clear);
}
