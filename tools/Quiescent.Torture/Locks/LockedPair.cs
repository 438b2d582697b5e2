using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Locks;

// What a lock protects: two numbers that a writer changes one after the other. Readers must find them equal, and a
// writer alone.
internal sealed class LockedPair(string name, FailureLog failures)
{
    private long _first;
    private long _second;
    private int _readers;
    private int _writers;
    private long _reads;
    private long _writes;

    public long Reads => Interlocked.Read(ref _reads);

    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>What a reader finds when it comes in.</summary>
    public long BeginRead()
    {
        Interlocked.Increment(ref _readers);
        Interlocked.Increment(ref _reads);
        long found = Volatile.Read(ref _first);
        RequireNoWriter(found);
        return found;
    }

    /// <summary>The same reader, before it leaves.</summary>
    public void EndRead(long found)
    {
        RequireNoWriter(found);
        Interlocked.Decrement(ref _readers);
    }

    public void BeginWrite()
    {
        if (Interlocked.Increment(ref _writers) != 1 || Volatile.Read(ref _readers) != 0)
        {
            failures.Add($"A writer of the lock '{name}' is not alone.");
        }

        _first++;
    }

    public void EndWrite()
    {
        _second++;
        if (Volatile.Read(ref _readers) != 0)
        {
            failures.Add($"A reader came into the lock '{name}' beside a writer.");
        }

        Interlocked.Increment(ref _writes);
        Interlocked.Decrement(ref _writers);
    }

    private void RequireNoWriter(long found)
    {
        long first = Volatile.Read(ref _first);
        long second = Volatile.Read(ref _second);
        if (Volatile.Read(ref _writers) != 0 || first != second || first != found)
        {
            failures.Add($"A reader of the lock '{name}' found {found}, then {first} and {second}.");
        }
    }
}
