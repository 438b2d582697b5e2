using Quiescent.Top.Stream;

namespace Quiescent.Top.Model;

// The known state of one domain: the values of the interval that is being read, and what outlives intervals.
internal sealed class DomainWatch(DomainKey key)
{
    private static readonly TimeSpan s_history = TimeSpan.FromMinutes(1);

    private readonly Dictionary<(string Instrument, string? Part), CounterValue> _values = [];
    private readonly Dictionary<(string Instrument, string? Part), double> _lastTotals = [];
    private readonly List<(DateTime Time, long Backlog)> _history = [];
    private readonly List<Report> _stalls = [];
    private DurationsValue? _durations;
    private DateTime? _unchangedSince;
    private DateTime? _lastEnd;

    /// <summary>Whether there is anything to read.</summary>
    public bool HasValues => _values.Count != 0;

    public void Note(CounterValue value) => _values[(value.Instrument, value.Part)] = value;

    public void Note(DurationsValue durations) => _durations = durations;

    public void Note(Report stall)
    {
        _stalls.RemoveAll(other => other.Culprit == stall.Culprit && other.ManagedThreadId == stall.ManagedThreadId);
        _stalls.Add(stall);
    }

    /// <summary>Ends the interval.</summary>
    public DomainReading Read(DateTime start, DateTime end)
    {
        // A new session has no changes in its first interval: they are then those since the last interval of the old
        // session.
        if (_lastEnd is { } last && _values.Values.All(value => value.Delta is null))
        {
            start = last;
        }

        double seconds = Math.Max((end - start).TotalSeconds, 1e-3);
        bool hasChanged = _values.Values.Any(value => DeltaOf(value) is not 0) || _durations?.P50 is not null;
        _unchangedSince = hasChanged ? null : _unchangedSince ?? start;
        _stalls.RemoveAll(stall => IsOver(stall, start, end));
        DomainReading reading = new(key)
        {
            GracePeriods = Total(Instruments.GracePeriods) ?? 0,
            GracePeriodsPerSecond = Delta(Instruments.GracePeriods) / seconds,
            P50 = _durations?.P50,
            P99 = _durations?.P99,
            BlocksQueued = Total(Instruments.BlocksQueued) ?? 0,
            BlocksQueuedPerSecond = Delta(Instruments.BlocksQueued) / seconds,
            BlocksFreed = Total(Instruments.BlocksFreed) ?? 0,
            BlocksFreedPerSecond = Delta(Instruments.BlocksFreed) / seconds,
            BlocksWaiting = Total(Instruments.Backlog, "block") ?? 0,
            CallbacksQueued = Total(Instruments.CallbacksQueued) ?? 0,
            CallbacksQueuedPerSecond = Delta(Instruments.CallbacksQueued) / seconds,
            CallbacksInvoked = Total(Instruments.CallbacksInvoked) ?? 0,
            CallbacksInvokedPerSecond = Delta(Instruments.CallbacksInvoked) / seconds,
            CallbacksFailed = Total(Instruments.CallbacksFailed) ?? 0,
            CallbacksWaiting = Total(Instruments.Backlog, "callback") ?? 0,
            BacklogLimit = Total(Instruments.BacklogLimit),
            SlotsUsed = Total(Instruments.ReaderSlots, "used") ?? 0,
            SlotsFree = Total(Instruments.ReaderSlots, "free") ?? 0,
            Pages = Total(Instruments.Pages) ?? 0,
            OpenSections = Total(Instruments.OpenSections),
            Stalls = Total(Instruments.Stalls) ?? 0,
            ReadersAbandoned = Total(Instruments.ReadersAbandoned) ?? 0,
            BacklogHistory = [],
            StalledBy = [.. _stalls],
            Unchanged = end - (_unchangedSince ?? end),
        };
        _history.Add((end, reading.Backlog));
        _history.RemoveAll(one => one.Time <= end - s_history);
        foreach (CounterValue value in _values.Values)
        {
            _lastTotals[(value.Instrument, value.Part)] = value.Value;
        }

        _values.Clear();
        _durations = null;
        _lastEnd = end;
        return reading with { BacklogHistory = [.. _history.Select(one => one.Backlog)] };
    }

    // A reader's stall is over when a grace period has ended since it was reported, a callback's when a callback has
    // returned since then. That is certain if the stall began before this interval. Reports of a lasting stall repeat
    // at three times the timeout; a stall that has not been repeated for longer is over in any case.
    private bool IsOver(Report stall, DateTime start, DateTime end)
    {
        TimeSpan lasted = TimeSpan.FromSeconds(stall.Seconds ?? 0);
        string progress = stall.Cause == StallCause.Reader ? Instruments.GracePeriods : Instruments.CallbacksInvoked;
        return (Delta(progress) > 0 && stall.Time - lasted <= start)
            || end - stall.Time > (4 * lasted) + TimeSpan.FromSeconds(5);
    }

    private long? Total(string instrument, string? part = null) =>
        _values.TryGetValue((instrument, part), out CounterValue? value) ? (long)value.Value : null;

    private double? Delta(string instrument) =>
        _values.TryGetValue((instrument, null), out CounterValue? value) ? DeltaOf(value) : null;

    private double? DeltaOf(CounterValue value) =>
        value.Delta
        ?? (_lastTotals.TryGetValue((value.Instrument, value.Part), out double last) ? value.Value - last : null);
}
