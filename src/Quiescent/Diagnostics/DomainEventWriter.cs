using System.Diagnostics;
using System.Diagnostics.Metrics;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Reclamation;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Quiescent.Diagnostics;

// Writes one domain's events to the listeners of the event source and of the histogram. Listeners are user code, so
// only threads that hold no lock call it: threads that wait, the reclaimer, and a pool thread on behalf of callers
// inside Free (O8).
//
// One thread at a time, in its turn, writes what the engine and the backlog recorded; no thread waits for the turn. A
// turn writes what there was when it began and no more, so a listener that causes grace periods of its own does not
// keep its thread for ever. What has come meanwhile, even from a thread that did not get the turn, is left to the pool.
internal sealed class DomainEventWriter(DomainCore core) : IThreadPoolWorkItem
{
    private static long s_barriers;

    private readonly string _name = core.Options.Name;
    private readonly Tag[] _tags =
        [new("quiescent.domain.name", core.Options.Name), new("quiescent.domain.id", core.Id)];
    private readonly GracePeriodEvents _gracePeriods = core.Engine.Events;
    private int _isQueued;

    public void Write(StallEventArgs stall) => Telemetry.Events?.Write(_name, core.Id, stall);

    public void Write(ReaderAbandonedEventArgs reader) => Telemetry.Events?.Write(_name, core.Id, reader);

    public void Write(Exception thrown) => Telemetry.Events?.Write(_name, core.Id, thrown);

    public void Write(MisuseEventArgs misuse) => Telemetry.Events?.Write(_name, core.Id, misuse);

    /// <summary>Writes the recorded events of grace periods and of the backlog.</summary>
    public void WriteEvents()
    {
        if (!HasEventsToWrite || !_gracePeriods.TryBeginTurn())
        {
            return;
        }

        try
        {
            WriteBacklog();
            WriteBacklogBytes();
            WriteGracePeriods();
        }
        finally
        {
            _gracePeriods.EndTurn();
        }

        if (_gracePeriods.Waiting != 0 || IsCrossingHeard)
        {
            Queue();
        }
    }

    /// <summary>Writes the crossing of the backlog's limit from a pool thread. Callers inside <c>Free</c> must not
    /// run listeners (O8).</summary>
    public void WriteBacklogOnPool()
    {
        if (IsCrossingHeard)
        {
            Queue();
        }
    }

    /// <summary>Writes the recorded events from a pool thread: the caller must not run listeners (O8), and perhaps
    /// nobody waits after it.</summary>
    public void WriteEventsOnPool()
    {
        if (_gracePeriods.AreDue)
        {
            Queue();
        }
    }

    /// <summary>A barrier that has to wait begins here, and ends with the span.</summary>
    public BarrierSpan BeginBarrier(bool codeOnly)
    {
        if (!HearsBarriers)
        {
            return default;
        }

        long number = Order.Increment(ref s_barriers);
        try
        {
            Telemetry.Events?.BarrierStart(_name, core.Id, number, codeOnly);
        }
        catch (Exception thrown)
        {
            Telemetry.Ignore(thrown); // The barrier goes on.
        }

        return new BarrierSpan(this, number, Stopwatch.GetTimestamp());
    }

    /// <summary>The same for a barrier that is awaited.</summary>
    public Task WriteAround(Task barrier) => HearsBarriers ? WriteAroundAsync(barrier) : barrier;

    void IThreadPoolWorkItem.Execute()
    {
        Order.Release(ref _isQueued, 0);
        Telemetry.Attempt(WriteEvents); // An exception on a pool thread would end the process.
    }

    private static bool HearsBarriers => Telemetry.Events is { HearsBarriers: true };

    private bool IsCrossingHeard => core.Backlog.HasCrossed && Telemetry.Events is { HearsBacklog: true };

    private bool HasEventsToWrite => _gracePeriods.Waiting != 0 || core.Backlog.HasCrossed;

    private static double Seconds(long ticks) => ticks / (double)Stopwatch.Frequency;

    private static double SecondsSince(long timestamp) => Seconds(Stopwatch.GetTimestamp() - timestamp);

    private async Task WriteAroundAsync(Task barrier)
    {
        using BarrierSpan told = BeginBarrier(codeOnly: false);
        await barrier.ConfigureAwait(false);
    }

    private void EndBarrier(long number, double seconds)
    {
        try
        {
            Telemetry.Events?.BarrierStop(_name, core.Id, number, seconds);
        }
        catch (Exception thrown)
        {
            Telemetry.Ignore(thrown); // The barrier is over all the same.
        }
    }

    private void WriteBacklog()
    {
        LimitedCount items = core.Backlog.Items;
        ulong crossings = items.Crossings;
        while (items.TryTakeCrossing(crossings, out bool isOver, out long waiting))
        {
            if (isOver)
            {
                Telemetry.Events?.BacklogOverLimit(_name, core.Id, waiting, items.Limit);
            }
            else
            {
                Telemetry.Events?.BacklogUnderLimit(_name, core.Id, waiting, items.Limit);
            }
        }
    }

    private void WriteBacklogBytes()
    {
        LimitedCount bytes = core.Backlog.Bytes;
        ulong crossings = bytes.Crossings;
        while (bytes.TryTakeCrossing(crossings, out bool isOver, out long waiting))
        {
            if (isOver)
            {
                Telemetry.Events?.BacklogBytesOverLimit(_name, core.Id, waiting, bytes.Limit);
            }
            else
            {
                Telemetry.Events?.BacklogBytesUnderLimit(_name, core.Id, waiting, bytes.Limit);
            }
        }
    }

    private void WriteGracePeriods()
    {
        long waiting = _gracePeriods.Waiting;
        for (; waiting > 0 && _gracePeriods.TryTake(out GracePeriodEvent note); waiting--)
        {
            if (!note.IsEnd)
            {
                Telemetry.Events?.GracePeriodStart(_name, core.Id, note.Number, SecondsSince(note.StartedAt));
                continue;
            }

            double seconds = Seconds(note.EndedAt - note.StartedAt);
            Telemetry.Events?.GracePeriodStop(_name, core.Id, note.Number, seconds, SecondsSince(note.EndedAt));
            if (QuiescentMeter.Durations is { Enabled: true } durations)
            {
                Record(durations, seconds);
            }
        }

        if (_gracePeriods.TakeDropped() is > 0 and long dropped)
        {
            Telemetry.Events?.GracePeriodsUnsaid(_name, core.Id, dropped);
        }
    }

    // The base library catches what listeners of event sources throw, but not what listeners of instruments throw.
    private void Record(Histogram<double> durations, double seconds) =>
        Telemetry.Attempt(() => durations.Record(seconds, _tags));

    private void Queue()
    {
        if (!TryLock.TryEnter(ref _isQueued))
        {
            return;
        }

        try
        {
            Threads.RunElsewhere(this);
        }
        catch (OutOfMemoryException)
        {
            Order.Release(ref _isQueued, 0); // It stays recorded, for the next thread that comes by.
        }
    }

    /// <summary>A barrier that waits, and whose start was written; the default does nothing.</summary>
    internal readonly struct BarrierSpan(DomainEventWriter writer, long number, long startedAt) : IDisposable
    {
        public void Dispose() => writer?.EndBarrier(number, SecondsSince(startedAt));
    }
}
