using Quiescent.Ordering;

namespace Quiescent.GracePeriods;

// The engine's grace period events, while somebody listens. Listeners are user code, and the engine works under its
// lock, perhaps inside Free: so it records events here, and a waiting thread or the reclaimer writes them later (O8).
//
// A ring with one writer, the engine under its lock, and one reader, the thread that has the turn. The writer stores an
// event, then Written (release); the reader acquires Written, reads, then stores Taken (release), which the writer
// acquires before it uses the place again. Nobody waits for the turn: the thread that has it writes what others record
// meanwhile, or leaves it to a pool thread (Diagnostics). So a listener that waits for grace periods of its own, or
// does not return, holds up only the thread that it runs on.
internal sealed class GracePeriodEvents
{
    /// <summary>The most events that wait; the rest is only counted. A grace period makes two while somebody listens to
    /// the event source, else one.</summary>
    public const int Capacity = 1024;

    private GracePeriodEvent[]? _ring;
    private long _written;
    private long _taken;
    private long _dropped;
    private long _droppedTaken;
    private int _turn;
    private int _isWithoutRoom;

    /// <summary>Whether events wait and no thread has the turn to write them.</summary>
    public bool AreDue => Waiting != 0 && Order.Acquire(in _turn) == 0;

    /// <summary>How many wait. The number may include events taken since; it misses none that were recorded before the
    /// call.</summary>
    public long Waiting
    {
        get
        {
            long taken = Order.Acquire(in _taken);
            return Order.Acquire(in _written) - taken;
        }
    }

    /// <summary>Makes room for events, once somebody listens. Takes memory: call it with no lock held.</summary>
    public void Prepare()
    {
        if (Order.Acquire(in _ring) is null && TelemetryListeners.HearsEnds)
        {
            MakeRing();
        }
    }

    /// <summary>Cannot fail: without room or memory the event is counted as dropped. Under the engine's lock.</summary>
    public void Add(GracePeriodEvent note)
    {
        GracePeriodEvent[]? ring = Order.Acquire(in _ring);
        if (ring is null && Order.Acquire(in _isWithoutRoom) == 0)
        {
            return; // Somebody began to listen after this thread had asked.
        }

        if (ring is null || _written - Order.Acquire(in _taken) == Capacity)
        {
            Order.Release(ref _dropped, _dropped + 1);
            return;
        }

        ring[_written % Capacity] = note;
        Order.Release(ref _written, _written + 1);
    }

    /// <summary>Whether this thread may write the events, until it ends its turn.</summary>
    public bool TryBeginTurn() => TryLock.TryEnter(ref _turn);

    public void EndTurn() => TryLock.Exit(ref _turn);

    /// <summary>Takes the oldest event. Within a turn.</summary>
    public bool TryTake(out GracePeriodEvent note)
    {
        note = default;
        if (Waiting == 0)
        {
            return false;
        }

        note = _ring![_taken % Capacity];
        Order.Release(ref _taken, _taken + 1);
        return true;
    }

    /// <summary>How many events were dropped since the last call. Within a turn.</summary>
    public long TakeDropped()
    {
        long dropped = Order.Acquire(in _dropped);
        long since = dropped - _droppedTaken;
        _droppedTaken = dropped;
        return since;
    }

    private void MakeRing()
    {
        try
        {
            FaultInjection.ThrowIfDue(FaultSite.Events);
            Once.Keep(ref _ring, new GracePeriodEvent[Capacity]);
        }
        catch (OutOfMemoryException)
        {
            Order.Release(ref _isWithoutRoom, 1);
        }
    }
}

// The start or the end of a grace period, by its number. Times are Stopwatch timestamps.
internal readonly record struct GracePeriodEvent(long Number, long StartedAt, long EndedAt = GracePeriodEvent.NotEnded)
{
    public const long NotEnded = 0;

    public bool IsEnd => EndedAt != NotEnded;
}
