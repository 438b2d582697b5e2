using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Quiescent.Resources;

// One thread's arrays of one length, in four stacks:
//
//        Return          a target is taken                its grace period has passed         Rent
//       ───────► returned ────────► behind ──► waiting ──────────────────────────────► ready ───────►
//                          one for all          one for all
//
// A return finds the array's entry, takes it by a compare-exchange, and pushes it; a rent pops one. Nothing else is
// shared with other threads until the ready stack is empty or the cache is full.
//
// A1 (rented again only after its grace period)  A stack becomes ready only once the domain has completed its target.
//     The target is taken when the returned move on: by this thread, after it took each of them back, and so after
//     their users had unlinked them: O3 (unlinked before started), [G]. It stays the stack's, here and in the depot.
//     Only a ready array is cleared.
// A2 (rented once for each return)  An array is in a stack if and only if a compare-exchange took its entry in. Of
//     several returns at once one succeeds; the others find the array inside until it has left its stack. It leaves
//     once, as one thread has the stack: its cache's, or the one that took it from the depot under the depot's lock.
// A3 (a bounded number waits)  A cache keeps so many arrays, and each stack remembers one more, its last. The cache
//     gives its highest stack to the depot when it is full; what finds no place there, the garbage collector has, which
//     waits for readers by itself. So nothing has to run while nobody rents: O9 (nothing runs without work).
//
// Whenever an array is among the returned, some wait: so a thread that returns seldom takes a target for each array,
// and one that returns often takes one for many. A renter that drives a grace period has the returned wait for it too,
// behind those that wait already, whose target stays: or arrays that come back all the time would put it off for ever.
//
// Handlers of the program may run on this thread wherever the cache drives a grace period or takes memory, and come
// back here. So it does both only with each stack in its place, and looks anew afterwards.
//
// Checked by: ArrayPoolTests, ArrayPoolThreadTests; systematic ArrayTests; torture `resources`; mutants A1, A2, A3.
internal sealed class ArrayCache(ArrayDepot depot)
{
    private ArrayStack _ready = new();
    private ArrayStack _waiting = new();
    private ArrayStack _behind = new();
    private ArrayStack _returned = new();
    private int _limit; // How high the returned may grow without a look at the others; 0 while none waits.

    private int Count => _ready.Count + _waiting.Count + _behind.Count + _returned.Count;

    /// <summary>An array that nobody holds, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Array? TryRent() => _ready.TryPop() is { } entry ? TakeOut(entry) : TryRentBeyondFast();

    /// <summary>The entry of an array, if this thread rented it last from here: often the next to come back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayEntry? EntryIfLast(Array array) => _ready.Last is { } last && last.Array == array ? last : null;

    /// <summary>Keeps an array.</summary>
    /// <param name="entry">Its entry, which the caller has taken in.</param>
    /// <exception cref="OutOfMemoryException">There is no memory to keep it.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(ArrayEntry entry)
    {
        if (!_returned.TryPush(entry, _limit))
        {
            PutBeyondFast(entry);
        }
    }

    /// <summary>Gives all to the depot. The cache's thread has ended.</summary>
    public void GiveAll()
    {
        _returned.Target = depot.NextTarget();
        GiveUnlessEmpty(ref _ready);
        GiveUnlessEmpty(ref _waiting);
        GiveUnlessEmpty(ref _behind);
        GiveUnlessEmpty(ref _returned);

        void GiveUnlessEmpty(ref ArrayStack stack)
        {
            if (stack.Count != 0)
            {
                stack = depot.Put(stack);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Array TakeOut(ArrayEntry entry)
    {
        if (entry.IsToClear)
        {
            Array.Clear(entry.Array);
        }

        entry.LetOut();
        return entry.Array;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Array? TryRentBeyondFast()
    {
        if (!TryMakeReady() && !TryTakeOver() && Count >= depot.WorthDriving)
        {
            // One grace period for all of them.
            if (_behind.Count == 0 && _returned.Count != 0)
            {
                (_behind, _returned) = (_returned, _behind);
                _behind.Target = depot.NextTarget();
                SetLimit();
            }

            depot.Drive(_behind.Count != 0 ? _behind.Target : _waiting.Target);
            TryMakeReady();
        }

        return _ready.TryPop() is { } entry ? TakeOut(entry) : null;
    }

    // False: those that wait must wait on, or there are none.
    private bool TryMakeReady()
    {
        if (_ready.Count == 0 && _waiting.Count != 0 && depot.HasCompleted(_waiting.Target))
        {
            (_ready, _waiting) = (_waiting, _ready); // A1 (rented again only after its grace period)
            MoveUp();
        }

        return _ready.Count != 0;
    }

    // False: the depot has none for this thread.
    private bool TryTakeOver()
    {
        if (!depot.TryTake(ref _ready, depot.Capacity - Count))
        {
            return _ready.Count != 0; // A handler may have been here.
        }

        SetLimit();
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PutBeyondFast(ArrayEntry entry)
    {
        do
        {
            if (Count >= depot.Capacity)
            {
                GiveHighest();
            }

            _returned.Reserve(depot.Capacity);
        }
        while (!_returned.TryPush(entry, depot.Capacity));
        MoveUp();
    }

    // Where none waits, those behind take the place: some wait if any are here that are not ready.
    private void MoveUp()
    {
        if (_waiting.Count == 0)
        {
            (_waiting, _behind) = (_behind, _waiting);
        }

        if (_waiting.Count == 0 && _returned.Count != 0)
        {
            (_waiting, _returned) = (_returned, _waiting);
            _waiting.Target = depot.NextTarget();
        }

        SetLimit();
    }

    private void SetLimit() => _limit = _waiting.Count == 0 ? 0 : depot.Capacity - Count + _returned.Count;

    private void GiveHighest()
    {
        int highest = Math.Max(Math.Max(_ready.Count, _waiting.Count), Math.Max(_behind.Count, _returned.Count));
        ref ArrayStack given = ref _ready;
        if (_returned.Count == highest)
        {
            given = ref _returned;
            given.Target = depot.NextTarget();
        }
        else if (_behind.Count == highest)
        {
            given = ref _behind;
        }
        else if (_waiting.Count == highest)
        {
            given = ref _waiting;
        }

        ArrayStack stack = given;
        given = new ArrayStack(); // Before the depot takes memory: handlers may come here.
        MoveUp();
        ArrayStack empty = depot.Put(stack);
        if (!_returned.HasRoom)
        {
            _returned = empty;
        }
    }
}
