using System.Diagnostics;
using Quiescent.Ordering;

namespace Quiescent.Locks;

// Who may go into a reader-writer lock next. Readers that find no writer in the way never come here.
//
//                     takes the turn             no reader is owed            leaves, or gives up
//      ┌──────────┐ ─────────────────► ┌──────┐ ─────────────────► ┌───────────────────┐
//      │ no turn  │                    │ turn │                    │ turn, word is set │
//      └──────────┘ ◄───────────────── └──────┘                    └───────────────────┘
//            ▲             gives up                                          │
//            └───────────────────────────────────────────────────────────────┘
//                     the readers that wait are let in, the first writer that waits is woken
//
// L7 (a writer is alone)  One writer has the turn. It sets the word [O], and then waits for a grace period. A reader
//     opens a section, and then loads the word [N]. The grace period issues the process-wide barrier [B] after [O] and
//     before its scan. Outcomes, for a reader and its share of [B]:
//       - its announcement was performed before: the scan sees it, and the writer waits until the section has ended.
//         Whether the reader found the word set or not makes no difference.
//       - the announcement comes later: so does [N], which finds the word set. The reader leaves its section and waits.
//       - it announces the grace period that the writer waits for, or a later one: the acquire of Started makes it find
//         the word set (the third outcome of O1 in Readers/Section.cs).
//     With ReadSideBarrier.Full the reader's own fence between the two orders them, and the raise of Started is its
//     partner. The writer's changes come before the release store that clears the word, and a reader that finds it
//     clear acquires them; a reader's loads come before its section's end (O2), and the writer after it.
// L8 (neither side starves)  The writer that leaves lets in the readers that wait; the next one does not set the word
//     before they have come. So a reader waits for one writer. Readers that come while the word is set wait, so a
//     writer waits for the sections that were open when it set the word, and for the writers before it. A thread that
//     is let in, or first in the line, and does not come for Threads.BlockedAtMost (it is suspended, or an interrupt's
//     first-chance handler keeps it) loses its place: nobody waits for it longer. Writers without threads do not: who
//     leaves gives the first one the turn, however long it waits for a pool thread. A reader sleeps only on the word
//     that it has seen, target included: by the target it finds whether the writer waits for it.
// L9 (giving up leaves nothing)  A wait that ends early, by its deadline, an interrupt or a disposal, takes its place
//     out of the lists, clears the word and passes on the turn, as the holder of the turn does that leaves.
//
// The gate is held for some instructions, or for as many as there are waiters. No memory is taken under it, and nothing
// is woken (O8).
//
// Checked by: rwlock.pml, async-lock.pml; LockTests, LockQueueTests, AsyncLockTests; systematic LockTests,
// AsyncLockTests; mutants L7, L8, L9.
internal sealed class LockQueue
{
    private readonly LinkedList<LockWaiter> _readers = new(); // Wait until the writer leaves.
    private readonly LinkedList<LockWaiter> _letIn = new(); // Go in before the next writer, and have not come yet.
    private readonly LinkedList<LockWaiter> _writers = new(); // Wait for the turn, the first one first.
    private ulong _word;
    private int _gate;
    private int _count;
    private LockHolder? _holder;
    private long _turnFreeSince;
    private long _letInSince;

    /// <summary>What readers load: see <see cref="WriterWord"/>.</summary>
    public ref readonly ulong Word => ref _word;

    public bool IsDisposed => (Order.Acquire(in _word) & WriterWord.Disposed) != 0;

    /// <summary>The writer that has the turn.</summary>
    public LockHolder? Holder => Order.Acquire(in _holder);

    /// <summary>How many wait, about.</summary>
    public int Count => Order.Acquire(in _count);

    /// <summary>Lets a reader wait until the writer leaves. False: the word has changed since the reader's look, or its
    /// target is not known yet; look again.</summary>
    /// <param name="waiter">The reader.</param>
    /// <param name="seen">The word that it has found.</param>
    public bool TryJoinReaders(LockWaiter waiter, ulong seen)
    {
        const ulong Waiting = WriterWord.Writer | WriterWord.HasTarget;
        using TryLock.Holder holder = TryLock.Hold(ref _gate);

        // L8: nobody wakes a reader when the target becomes known, by which it may find that it need not wait.
        if (_word != seen || (seen & (Waiting | WriterWord.Disposed)) != Waiting)
        {
            return false;
        }

        Join(_readers, waiter);
        return true;
    }

    /// <summary>As above, for a reader that is inside no section, and so need not know the target. False: no writer is
    /// in the way any more, or the lock is disposed of; look again.</summary>
    public bool TryJoinReaders(LockWaiter waiter)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if ((_word & (WriterWord.Writer | WriterWord.Disposed)) != WriterWord.Writer)
        {
            return false;
        }

        Join(_readers, waiter);
        return true;
    }

    /// <summary>Takes the turn, unless it was given it. False: another writer has it, or was here before; the waiter,
    /// if any, is in the line.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="waiter">Null: it does not wait in the line.</param>
    /// <param name="mayOvertake">Whether it may come before those in the line.</param>
    public bool TryTakeTurn(LockHolder writer, LockWaiter? waiter, bool mayOvertake)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_holder == writer)
        {
            return true;
        }

        LinkedListNode<LockWaiter>? first = _writers.First;
        bool isNext = first is null || first == waiter?.Place || mayOvertake || IsOverdue(_turnFreeSince);
        if (_holder is null && isNext)
        {
            Order.Release(ref _holder, writer);
            Remove(waiter);
            return true;
        }

        if (waiter is not null)
        {
            Join(_writers, waiter);
        }

        return false;
    }

    /// <summary>Sets the word: readers that come from here on wait. False: readers that were let in have not come yet.
    /// By the writer that has the turn.</summary>
    public bool TryAnnounce()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Debug.Assert(_holder is not null, "L7: the writer that sets the word has the turn.");
        if (_letIn.Count != 0)
        {
            if (!IsOverdue(_letInSince))
            {
                return false;
            }

            while (_letIn.Last is { } late)
            {
                _letIn.Remove(late);
                _readers.AddFirst(late);
            }
        }

        // [O] partner: [N] in RcuReaderWriterLock.cs, RcuAsyncReaderWriterLock.cs; outcomes above at L7. What orders it
        // before the scan is [G] in GracePeriods/GracePeriodEngine.cs, when the writer takes its target, and then [B].
        Order.Release(ref _word, _word | WriterWord.Writer);
        return true;
    }

    /// <summary>Whether <see cref="TryAnnounce"/> would succeed. Takes no memory.</summary>
    public bool MayAnnounce()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        return _letIn.Count == 0 || IsOverdue(_letInSince);
    }

    /// <summary>Tells which grace period the writer waits for.</summary>
    public void SetTarget(ulong target)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Order.Release(ref _word, _word | WriterWord.HasTarget | target);
    }

    /// <summary>The writer leaves, or gives up: clears the word, lets in the readers that wait, and wakes the next
    /// writer. False: it does not have the turn, and nothing has changed.</summary>
    public bool TryEndTurn(LockHolder writer)
    {
        LockWaiter.ToWake woken = default;
        using (TryLock.Hold(ref _gate))
        {
            if (_holder != writer)
            {
                return false;
            }

            EndTurn(ref woken);
        }

        woken.Wake();
        return true;
    }

    /// <summary>The wait is over, or given up, and with it the turn that a writer without a thread has. Does nothing
    /// for a waiter without a place.</summary>
    public void Leave(LockWaiter waiter)
    {
        LockWaiter.ToWake woken = default;
        using (TryLock.Hold(ref _gate))
        {
            bool mayBeNext = waiter.Place.List == _writers;
            Remove(waiter);
            if (waiter.Writer is { } writer && writer == _holder)
            {
                EndTurn(ref woken); // L9: under the same gate, or it may be given the turn after it has looked.
            }
            else if (mayBeNext && _holder is null)
            {
                woken.Add(PassOn());
            }
        }

        woken.Wake();
    }

    /// <summary>The lock is disposed of: all that wait look again, and find that out. May be called again.</summary>
    public void Close()
    {
        LockWaiter.ToWake woken = default;
        using (TryLock.Hold(ref _gate))
        {
            Order.Release(ref _word, _word | WriterWord.Disposed);
            foreach (LinkedList<LockWaiter> list in (ReadOnlySpan<LinkedList<LockWaiter>>)[_readers, _letIn, _writers])
            {
                for (LinkedListNode<LockWaiter>? place = list.First; place is not null; place = place.Next)
                {
                    woken.Add(place.Value);
                }
            }

            woken.Add(_holder?.Waiter);
        }

        woken.Wake();
    }

    // Under the gate, as are the rest.
    private void EndTurn(ref LockWaiter.ToWake woken)
    {
        if ((_word & WriterWord.Writer) != 0)
        {
            Order.Release(ref _word, _word & WriterWord.Disposed);
            LetIn(ref woken);
        }

        Order.Release(ref _holder, null);
        _turnFreeSince = Stopwatch.GetTimestamp();
        woken.Add(PassOn());
    }

    // L8: who is next, to be woken. A thread takes the turn when it comes.
    private LockWaiter? PassOn()
    {
        LockWaiter? first = _writers.First?.Value;
        if (first?.Writer is { } writer)
        {
            Order.Release(ref _holder, writer);
            Remove(first);
        }

        return first;
    }

    private void LetIn(ref LockWaiter.ToWake woken)
    {
        Debug.Assert(_letIn.Count == 0, "L8: no writer sets the word while a reader is let in.");
        _letInSince = Stopwatch.GetTimestamp();
        while (_readers.First is { } first)
        {
            _readers.Remove(first);
            _letIn.AddLast(first);
            woken.Add(first.Value);
        }
    }

    private void Join(LinkedList<LockWaiter> list, LockWaiter waiter)
    {
        if (waiter.Place.List is null)
        {
            list.AddLast(waiter.Place);
            Order.Release(ref _count, _count + 1);
        }
    }

    private void Remove(LockWaiter? waiter)
    {
        if (waiter?.Place is { List: { } list } place)
        {
            list.Remove(place);
            Order.Release(ref _count, _count - 1);
        }
    }

    private bool IsOverdue(long since)
    {
        TimeSpan longest = Threads.BlockedAtMost(_count);
        return longest != Timeout.InfiniteTimeSpan && Stopwatch.GetElapsedTime(since) > longest;
    }
}
