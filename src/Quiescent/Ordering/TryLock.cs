using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Quiescent.Ordering;

// A word that one thread at a time may own. TryEnter never waits. The holder waits for no reader and runs no user code,
// so the few callers that do spin (Enter, Hold) spin for a bounded piece of work.
//
// O8 (no user code under a lock)  Unlike waits for the platform's locks, these cannot be interrupted, and raise no
//     exception: an interrupt stays pending. A thread that waits here may own another word, and an exception would run
//     the program's first-chance handlers while it does.
//
// Checked by: InterruptedLockTests; mutants O8.
internal static class TryLock
{
    public static bool TryEnter(ref int word) =>
        Order.Acquire(ref word) == 0 && Order.CompareExchange(ref word, 1, 0) == 0;

    public static void Enter(ref int word)
    {
        Backoff backoff = default;
        while (!TryEnter(ref word))
        {
            backoff.PauseInLock();
        }
    }

    public static void Exit(ref int word) => Order.Release(ref word, 0);

    /// <summary>Owns the word until the end of a <c>using</c>.</summary>
    public static Holder Hold(ref int word)
    {
        Enter(ref word);
        return new Holder(ref word);
    }

    public readonly ref struct Holder
    {
        private readonly ref int _word;

        public Holder(ref int word) => _word = ref word;

        public void Dispose() => Exit(ref _word);
    }
}

// A PriorityTryLock with a cache line before it and one behind it: threads that try, fail and go on do not slow down
// those that read what lies beside it.
[StructLayout(LayoutKind.Explicit, Size = 2 * LineBytes)]
internal struct PriorityTryLockLine
{
    private const int LineBytes = 128; // Two lines: processors fetch them in pairs.

    [FieldOffset(LineBytes)]
    public PriorityTryLock Lock;
}

// A try-lock whose waiters come first: while anybody waits in Enter, TryEnter refuses. So a wait is bounded by the work
// of the holder and of those who wait too, however many threads only try, and try again at once. (Waiting threads of a
// grace period do: beside a loop of Synchronize a thread's registration once took ten seconds.)
internal struct PriorityTryLock
{
    private int _word;
    private int _waiting;

    /// <summary>Whether a thread waits in <see cref="Enter"/>.</summary>
    public readonly bool HasWaiters => Order.Acquire(in _waiting) != 0;

    public bool TryEnter() => !HasWaiters && TryLock.TryEnter(ref _word);

    public void Enter()
    {
        if (TryEnter())
        {
            return;
        }

        Order.Add(ref _waiting, 1);
        TryLock.Enter(ref _word);
        Order.Add(ref _waiting, -1);
    }

    public void Exit() => TryLock.Exit(ref _word);

    /// <summary>Owns the lock until the end of a <c>using</c>.</summary>
    [UnscopedRef]
    public TryLock.Holder Hold()
    {
        Enter();
        return new TryLock.Holder(ref _word);
    }
}
