using System.Diagnostics;
using static Quiescent.Tuning;

namespace Quiescent.Ordering;

// Threads that wait for the same kind of thing, once spinning and yielding have not helped. One at a time has the turn:
// it sleeps for a millisecond, or until it is woken, passes the turn on, and looks, which drives what all of them wait
// for. The others block. So many waiting threads cost little more than one.
//
//                    nobody has the turn: takes it
//      ┌─────────┐ ─────────────────────────────────► ┌──────────────┐
//      │ running │                                    │ has the turn │
//      │         │ ◄───────────────────────────────── │  and sleeps  │
//      └─────────┘  slept or interrupted: passes it   └──────────────┘
//         │   ▲     to the first in the line                 ▲
//         │   │     its wait is over, or interrupted,        │ the turn is passed to it
//         │   │     or was blocked for long           ┌──────────────┐
//         │   └────────────────────────────────────── │   blocked    │
//         └─────────────────────────────────────────► │   in line    │
//                   somebody has the turn: joins      └──────────────┘
//
// O9 (nothing sleeps on work)  While the line is not empty, a thread has the turn, and each turn ends:
//   - A thread joins under the gate, and only while another has the turn.
//   - A turn ends under the gate, in a finally block, whether its holder slept or was interrupted. There the holder
//     takes those whose wait is over out of the line, and the first of the rest has the turn, without a moment between.
//   - A blocked thread that is interrupted leaves under the gate. If it was given the turn meanwhile, it passes it on.
//   - Between the gate and its sleep a thread with the turn only asks to be woken (MaySleep), which waits for nothing:
//     listeners, callbacks and the driving come after the turn, and a thread whose blocking would run other code stays
//     out of the line. So a wait that is over ends within one sleep, and a listener that does not return, or waits
//     itself, holds up nobody else.
//   - A wake-up may be lost, or come for an earlier turn: it makes a sleep shorter, and nothing relies on it.
//   - One kind of code comes in between. Where an interrupt strikes, the program's first-chance handlers run before the
//     thread leaves the line or passes the turn on. So a thread that was blocked for long (Threads.BlockedAtMost)
//     leaves the line and looks for itself, and takes those out whose wait is over.
//
// Checked by: WaitLineTests; systematic WaitLineTests; mutants O9.
internal sealed class WaitLine
{
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(SleepMilliseconds);

    private Waiter? _first;
    private Waiter? _last;
    private Waiter? _holder;
    private Waiter? _spare;
    private int _gate;
    private int _count;
    private bool _isTurnTaken;

    /// <summary>How many threads are blocked here.</summary>
    public int Count => Order.Acquire(in _count);

    /// <summary>A place in the line for one wait of the current thread. Null: the thread must sleep by itself, since
    /// there is no memory, or since its blocking would run code of the program, or since the process is exiting and
    /// this thread must look at a clock.</summary>
    /// <param name="condition">What the thread waits for.</param>
    /// <param name="mayBeBrief">Some of its sleeps may be brief: see <see cref="Waiter.Sleep"/>.</param>
    public Waiter? TryCreateWaiter<TCondition>(TCondition condition, bool mayBeBrief = false)
        where TCondition : IWaitCondition
    {
        if (Threads.RunsCodeWhileBlocked || ProcessEnd.IsOnThisThread)
        {
            return null;
        }

        try
        {
            FaultInjection.ThrowIfDue(FaultSite.WaitLine);
            Waiter<TCondition> waiter =
                Order.Exchange(ref _spare, null) as Waiter<TCondition> ?? new Waiter<TCondition>(this, mayBeBrief);
            waiter.WaitFor(condition);
            return waiter;
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Takes back the place of a wait that is over, for the next one. Its thread does not use it any more; a
    /// latecomer may still set its signal, and end a sleep of the next wait early.</summary>
    public void Return(Waiter? waiter)
    {
        if (waiter is not null)
        {
            Debug.Assert(!waiter.IsInLine, "O9: a wait that is over is out of the line.");
            waiter.Clear();
            Order.Release(ref _spare, waiter);
        }
    }

    /// <summary>Ends the sleep of the thread that has the turn, for it to look at once. Any thread may call it; a
    /// system call if that thread sleeps.</summary>
    public void WakeTurn() => Order.Acquire(in _holder)?.Wake();

    /// <summary>Unblocks the threads whose wait is over, before the turn ends. For a thread whose own wait is
    /// over.</summary>
    public void ReleaseDone()
    {
        if (Count != 0)
        {
            using TryLock.Holder holder = TryLock.Hold(ref _gate);
            RemoveDone();
        }
    }

    private bool TryTakeTurn()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        bool isMine = !_isTurnTaken;
        _isTurnTaken = true;
        return isMine;
    }

    // Returns false with the turn, if nobody has it any more.
    private bool TryJoin(Waiter waiter)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (!_isTurnTaken)
        {
            _isTurnTaken = true;
            return false;
        }

        Append(waiter);
        return true;
    }

    private void Hold(Waiter waiter) => Order.Release(ref _holder, waiter);

    private void EndTurn()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Order.Release(ref _holder, null);
        PassTurn();
    }

    private void Leave(Waiter waiter)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (waiter.IsInLine)
        {
            Remove(waiter, hasTurn: false);
        }
    }

    private void Abandon(Waiter waiter)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (waiter.IsInLine)
        {
            Remove(waiter, hasTurn: false);
        }
        else if (waiter.HasTurn)
        {
            PassTurn();
        }
    }

    // The rest is under the gate.
    private void PassTurn()
    {
        Debug.Assert(_isTurnTaken, "O9: the thread that passes the turn has it.");
        RemoveDone();
        Waiter? next = _first;
        _isTurnTaken = next is not null;
        if (next is not null)
        {
            Remove(next, hasTurn: true);
            next.Signal.Set();
        }
    }

    private void RemoveDone()
    {
        for (Waiter? waiter = _first; waiter is not null;)
        {
            Waiter? next = waiter.Next;
            if (waiter.IsDone())
            {
                Remove(waiter, hasTurn: false);
                waiter.Signal.Set();
            }

            waiter = next;
        }
    }

    private void Append(Waiter waiter)
    {
        Debug.Assert(_isTurnTaken, "O9: a thread joins the line while another has the turn.");
        waiter.Join(after: _last);
        _first ??= waiter;
        _last = waiter;
        Order.Release(ref _count, _count + 1);
    }

    private void Remove(Waiter waiter, bool hasTurn)
    {
        if (_first == waiter)
        {
            _first = waiter.Next;
        }

        if (_last == waiter)
        {
            _last = waiter.Previous;
        }

        Order.Release(ref _count, _count - 1);
        waiter.Leave(hasTurn);
    }

    /// <summary>One wait of one thread.</summary>
    internal abstract class Waiter(WaitLine line, bool mayBeBrief)
    {
        private readonly Bell? _bell = mayBeBrief ? Bell.TryCreate() : null;
        private bool _sleepsByBell;
        private int _isInLine;

        // Set by the thread that takes this one out of the line, after that.
        public Signal Signal { get; } = new();

        // The rest is written under the line's gate.
        public Waiter? Next { get; private set; }

        public Waiter? Previous { get; private set; }

        public bool HasTurn { get; private set; }

        public bool IsInLine => Order.Acquire(in _isInLine) != 0;

        /// <summary>Ends the sleep of its turn.</summary>
        public void Wake()
        {
            if (_sleepsByBell)
            {
                _bell!.Ring();
            }
            else
            {
                Signal.Set();
            }
        }

        public abstract bool IsDone();

        /// <summary>Forgets what it waited for.</summary>
        public abstract void Clear();

        protected abstract bool MaySleep();

        /// <summary>Sleeps for a millisecond, or until <see cref="WakeTurn"/>, if it is the thread's turn; or blocks
        /// until its wait is over, or it has had its turn, or some time has passed. The caller then looks again.
        /// Returns whether it was woken in its turn: there is something to see.</summary>
        /// <param name="isBrief">The sleep is likely to be short. Where there is a <see cref="Bell"/>, an interrupt
        /// that comes during it stays pending.</param>
        /// <exception cref="ThreadInterruptedException">The thread was interrupted.</exception>
        public bool Sleep(bool isBrief = false)
        {
            if (!line.TryTakeTurn() && !IsGivenTurn())
            {
                return false;
            }

            try
            {
                _sleepsByBell = isBrief && _bell is not null;
                line.Hold(this); // Before MaySleep: the reader that is asked to wake it sees it.
                return !MaySleep() || (_sleepsByBell ? _bell!.Wait() : Signal.Wait(s_turn));
            }
            finally
            {
                line.EndTurn();
            }
        }

        public void Join(Waiter? after)
        {
            HasTurn = false;
            Previous = after;
            if (after is not null)
            {
                after.Next = this;
            }

            Order.Release(ref _isInLine, 1);
        }

        public void Leave(bool hasTurn)
        {
            if (Previous is not null)
            {
                Previous.Next = Next;
            }

            if (Next is not null)
            {
                Next.Previous = Previous;
            }

            Next = Previous = null;
            HasTurn = hasTurn;
            Order.Release(ref _isInLine, 0);
        }

        // Blocks; unless the turn is free by now, which is then this thread's.
        private bool IsGivenTurn()
        {
            if (!line.TryJoin(this))
            {
                return true;
            }

            bool isOver = false;
            try
            {
                Signal.Wait(Threads.BlockedAtMost(line.Count));
                isOver = true;
            }
            finally
            {
                if (!isOver)
                {
                    line.Abandon(this);
                }
            }

            if (IsInLine)
            {
                // For too long; or the signal was set for an earlier sleep, which this thread had left by then.
                line.Leave(this);
            }

            return HasTurn;
        }
    }

    private sealed class Waiter<TCondition>(WaitLine line, bool mayBeBrief) : Waiter(line, mayBeBrief)
        where TCondition : IWaitCondition
    {
        private TCondition? _condition;

        public void WaitFor(TCondition condition) => _condition = condition;

        public override void Clear() => _condition = default;

        public override bool IsDone() => _condition!.IsDone();

        protected override bool MaySleep() => _condition!.MaySleep();
    }
}

// What a thread in a line waits for.
internal interface IWaitCondition
{
    /// <summary>Whether the wait is over. While its thread is blocked others ask, one at a time, under the line's gate.
    /// It neither throws nor runs user code.</summary>
    bool IsDone();

    /// <summary>The thread that has the turn is about to sleep: arranges an early wake-up through <see
    /// cref="WaitLine.WakeTurn"/>, if anybody can give one. False: there is something to see by now. Under no gate; it
    /// waits for nothing and does not throw.</summary>
    bool MaySleep();
}
