namespace Quiescent.Ordering;

// A word that one thread at a time may own. Nobody ever waits in TryEnter, and whoever holds the word waits for no reader
// and runs no user code, so that the few callers that do spin (Enter) spin for a bounded piece of work.
internal static class TryLock
{
    public static bool TryEnter(ref int word) =>
        Order.Acquire(ref word) == 0 && Order.CompareExchange(ref word, 1, 0) == 0;

    public static void Enter(ref int word)
    {
        Backoff backoff = default;
        while (!TryEnter(ref word))
        {
            backoff.PauseUninterrupted();
        }
    }

    public static void Exit(ref int word) => Order.Release(ref word, 0);
}
