using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Quiescent.Resources;

// One thread's arrays of one length, in three lists:
//
//        Return          the waiting have passed          their grace period has passed         Rent
//       ────────► returned ─────────────────► waiting ──────────────────────────────► ready ────────►
//                          one target for all          nobody holds them any more
//
// A return finds the array's entry, takes it by a compare-exchange, and pushes it; a rent pops one. Nothing else is
// shared with other threads until a list is empty or the cache is full.
//
// A1 (rented again only after its grace period)  An array becomes ready only once the domain has completed the target
//     of its list. The target is taken when the returned become the waiting: by this thread, after it took each of them
//     back, and so after their users had unlinked them: O3 (unlinked before started), [G]. What goes to the depot takes
//     its target with it. Only a ready array is cleared.
// A2 (rented once for each return)  An array is in a list if and only if a compare-exchange took its entry in. Of
//     several returns at once one succeeds; the others find the array inside until it has left its list. It leaves
//     once, as one thread has the list: its cache's, or the one that took the batch from the depot under the depot's
//     lock.
// A3 (a bounded number waits)  A cache keeps so many arrays. It gives the rest to the depot in batches; what finds no
//     place there, the garbage collector has, which waits for readers by itself. So nothing has to run while nobody
//     rents: O9 (nothing runs without work). When a thread ends, its caches are garbage.
//
// Whenever an array is among the returned, some wait: so a thread that returns seldom takes a target for each array,
// and one that returns often takes one for many.
//
// Checked by: ArrayPoolTests, ArrayPoolThreadTests; systematic ArrayTests; torture `resources`; mutants A1, A2, A3.
internal sealed class ArrayCache(ArrayDepot depot)
{
    private ArrayEntry? _ready;
    private ArrayEntry? _waiting;
    private ArrayEntry? _returned;
    private ArrayEntry? _last; // The one rented last: often the next to come back.
    private ulong _target;
    private int _count;
    private int _roomUpTo; // A return below this count is a push; 0 while none waits.

    /// <summary>An array that nobody holds, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Array? TryRent() => _ready is { } entry ? TakeOut(entry) : TryRentBeyondFast();

    /// <summary>The entry of an array, if this thread rented it last from here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayEntry? EntryIfLast(Array array) => _last is { } last && last.Array == array ? last : null;

    /// <summary>Keeps an array.</summary>
    /// <param name="entry">Its entry, which the caller has taken in.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(ArrayEntry entry)
    {
        if (_count < _roomUpTo)
        {
            entry.Next = _returned;
            _returned = entry;
            _count++;
        }
        else
        {
            PutBeyondFast(entry);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Array TakeOut(ArrayEntry entry)
    {
        _ready = entry.Next;
        _count--;
        entry.Next = null; // An array that is out keeps no other alive.
        if (entry.IsToClear)
        {
            Array.Clear(entry.Array);
        }

        entry.LetOut();
        _last = entry;
        return entry.Array;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Array? TryRentBeyondFast()
    {
        if (_waiting is not null && depot.HasCompleted(_target))
        {
            MakeReady();
        }
        else if (depot.TryTake(out ArrayBatch batch))
        {
            _ready = batch.Head;
            _count += batch.Count;
        }
        else if (_waiting is not null && _count >= depot.WorthDriving)
        {
            // One grace period for all: the next of these lists will find it completed.
            ulong target = _returned is null ? _target : depot.NextTarget();
            if (depot.TryAdvance(target))
            {
                MakeReady();
                _target = target;
            }
        }

        return _ready is { } entry ? TakeOut(entry) : null;
    }

    // A1: the waiting have waited long enough.
    private void MakeReady()
    {
        _ready = _waiting;
        _waiting = null;
        AwaitReturned();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PutBeyondFast(ArrayEntry entry)
    {
        if (_count >= depot.Capacity)
        {
            GiveAway();
        }

        entry.Next = _returned;
        _returned = entry;
        _count++;
        if (_waiting is null)
        {
            AwaitReturned();
        }
    }

    // What has been returned since the others began to wait, waits from here on.
    private void AwaitReturned()
    {
        Debug.Assert(_waiting is null, "A1: each list waits for its own target.");
        _waiting = _returned;
        _returned = null;
        _roomUpTo = _waiting is null ? 0 : depot.Capacity;
        if (_waiting is not null)
        {
            _target = depot.NextTarget();
        }
    }

    // The list whose turn to be rented would come last. A ready one needs no target: the last one has passed.
    private void GiveAway()
    {
        ArrayEntry? head = _returned ?? _waiting ?? _ready;
        ulong target = _target;
        if (_returned is not null)
        {
            target = depot.NextTarget();
            _returned = null;
        }
        else if (_waiting is not null)
        {
            _waiting = null;
            _roomUpTo = 0;
        }
        else
        {
            _ready = null;
        }

        int count = 0;
        for (ArrayEntry? entry = head; entry is not null; entry = entry.Next)
        {
            count++;
        }

        _count -= count;
        Debug.Assert(_count >= 0, "A2 (rented once for each return): an array is counted in one list.");
        if (!depot.TryPut(new ArrayBatch(head, count, target)))
        {
            LeaveToCollector(head);
        }
    }

    // A3. Their entries stay taken in, so that a second return is still refused. None keeps the next one alive.
    private static void LeaveToCollector(ArrayEntry? entry)
    {
        while (entry is not null)
        {
            ArrayEntry? next = entry.Next;
            entry.Next = null;
            entry = next;
        }
    }
}
