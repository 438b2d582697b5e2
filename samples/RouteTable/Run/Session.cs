using System.Diagnostics;
using Quiescent;
using RouteTable.Data;
using RouteTable.Trie;
using RouteTable.Truth;

namespace RouteTable.Run;

/// <summary>Chooses the policies that a run is compiled with.</summary>
internal static class Session
{
    public static RunResult Run(
        Options options, Announcement[] older, Announcement[] newer, Progress progress, LiveReport live, StopFlag stop)
    {
        if (options.Check)
        {
            using var session = new Session<CheckedMemory, Checked>(older, newer, options.Readers, progress, stop);
            return session.Run(TimeSpan.FromSeconds(options.Seconds), live);
        }
        else
        {
            using var session = new Session<PlainMemory, Unchecked>(older, newer, options.Readers, progress, stop);
            return session.Run(TimeSpan.FromSeconds(options.Seconds), live);
        }
    }
}

/// <summary>
/// One run: load, let readers and the updater run, stop, and settle the accounts. The thread that calls
/// <see cref="Run"/> is the reporter, the only one that allocates managed memory meanwhile.
/// </summary>
internal sealed class Session<TMemory, TCheck> : IDisposable
    where TMemory : struct, INodeMemory
    where TCheck : struct, ICheck
{
    private const int ReadingsPerSecond = 10;

    private readonly RouteTrie<TMemory> _trie = new();
    private readonly StepCounter _counter = new();
    private readonly StopFlag _stop;
    private readonly Replay _replay;
    private readonly GroundTruth _truth;
    private readonly Reader<TMemory, TCheck>[] _readers;
    private readonly Updater<TMemory> _updater;
    private readonly TableResult _tables;
    private readonly long _queuedBefore = Rcu.GetStatistics().BlocksQueued;
    private readonly long _poisonedBefore = PoisoningHeap.Freed;
    private readonly Stopwatch _clock = new();
    private long _peakBacklog;

    public Session(Announcement[] older, Announcement[] newer, int readers, Progress progress, StopFlag stop)
    {
        Change[] changes = Change.Between(older, newer);
        _tables = new TableResult(
            newer.Length,
            older.Length,
            changes.Count(change => change.IsWithdrawal),
            changes.Count(change => change.IsAnnouncement),
            changes.Count(change => !change.IsWithdrawal && !change.IsAnnouncement));
        _stop = stop;
        _replay = new Replay(changes);
        _truth = TCheck.IsOn
            ? progress.Run(
                "computing the ground truth",
                () => TruthSweep.Compute(older, changes),
                truth => $"{truth.Intervals:N0} intervals")
            : TruthSweep.Compute([], []);
        progress.Run("loading the trie", () => Load(newer, progress), blocks => $"{blocks:N0} nodes");
        _updater = new Updater<TMemory>(_trie, _replay, _counter, stop);
        _readers = [.. Enumerable.Range(1, readers).Select(
            number => new Reader<TMemory, TCheck>(number, _trie, _truth, _replay, _counter, stop))];
    }

    public RunResult Run(TimeSpan duration, LiveReport live)
    {
        // Blocks and garbage that loading left behind are cleaned up now and not in the middle of the measurement.
        Rcu.Barrier();
        GC.Collect();
        int collectionsBefore = GC.CollectionCount(0);
        live.Header();
        Reading first = Read();
        long othersBefore = BytesOfOthers();

        _clock.Start();
        Worker[] workers = [_updater, .. _readers];
        Array.ForEach(workers, worker => worker.Start());
        Reading last = Watch(duration, first, live);
        _stop.Set();
        Array.ForEach(workers, worker => worker.Join());
        _clock.Stop();
        double seconds = _clock.Elapsed.TotalSeconds;
        double othersBytes = BytesOfOthers() - othersBefore;
        int collections = GC.CollectionCount(0) - collectionsBefore;

        Rcu.Barrier();
        RcuStatistics settled = Rcu.GetStatistics();
        long wrongAtRest = TCheck.IsOn ? CountWrongAtRest() : 0;
        long freed = TCheck.IsOn ? PoisoningHeap.Freed - _poisonedBefore : settled.BlocksFreed - _queuedBefore;
        var blocks = new BlocksResult(
            _trie.BlocksAllocated,
            _trie.BlocksRetired,
            freed,
            _trie.CountLiveBlocks(),
            _trie.BlocksRetired - freed,
            (last.Statistics.BlocksFreed - first.Statistics.BlocksFreed) / last.At.TotalSeconds,
            _peakBacklog);
        long lookups = _readers.Sum(reader => reader.Done);
        long? wrong = TCheck.IsOn ? _readers.Sum(reader => reader.WrongAnswers) + wrongAtRest : null;
        long periods = last.Statistics.GracePeriodsCompleted - first.Statistics.GracePeriodsCompleted;
        return new RunResult
        {
            Failures = [.. FailuresOf(workers, blocks, settled, wrongAtRest)],
            Checked = TCheck.IsOn,
            Seconds = seconds,
            Readers = _readers.Length,
            Tables = _tables,
            Lookups = new LookupsResult(lookups, lookups / seconds, wrong),
            Updates = new UpdatesResult(_updater.Done, _updater.Done / seconds),
            GracePeriods = new GracePeriodsResult(
                periods,
                periods / last.At.TotalSeconds,
                settled.GracePeriods.Mean.TotalMicroseconds,
                settled.GracePeriods.P99.TotalMicroseconds,
                settled.GracePeriods.Max.TotalMicroseconds),
            Blocks = blocks,
            Garbage = new GarbageResult(
                collections,
                (last.Pauses - first.Pauses).TotalMilliseconds,
                othersBytes / seconds,
                [.. workers.Select(worker => new WorkerGarbage(
                    worker.Name,
                    worker.AllocatedBytes,
                    worker.AllocatedBytes / Math.Max(worker.Elapsed.TotalSeconds, 1e-6)))]),
        };
    }

    /// <summary>Called after <see cref="Run"/> has returned: no reader and no callback is left.</summary>
    public void Dispose()
    {
        _trie.Dispose();
        PoisoningHeap.Drain();
    }

    private long Load(Announcement[] routes, Progress progress)
    {
        // In the same way as any change: nodes that are replaced meanwhile are retired too.
        for (int i = 0; i < routes.Length; i++)
        {
            _trie.Announce(routes[i].Prefix, routes[i].Origin);
            progress.Tell(i, routes.Length);
        }

        return _trie.BlocksAllocated - _trie.BlocksRetired;
    }

    /// <summary>Reports until the time is over or a worker has failed.</summary>
    private Reading Watch(TimeSpan duration, Reading first, LiveReport live)
    {
        Reading lineBefore = first;
        for (int tick = 1; ; tick++)
        {
            TimeSpan next = TimeSpan.FromSeconds((double)tick / ReadingsPerSecond);
            bool isOver = _stop.Wait((next < duration ? next : duration) - _clock.Elapsed) || next >= duration;
            Reading now = Read();
            _peakBacklog = Math.Max(_peakBacklog, now.Statistics.BlocksWaiting);
            if (isOver || tick % ReadingsPerSecond == 0)
            {
                live.Line(lineBefore, now);
                lineBefore = now;
            }

            if (isOver)
            {
                return now;
            }
        }
    }

    private Reading Read() => new(
        _clock.Elapsed,
        _readers.Sum(reader => reader.Done),
        _updater.Done,
        _readers.Sum(reader => reader.WrongAnswers),
        Rcu.GetStatistics(),
        GC.GetTotalPauseDuration());

    private static long BytesOfOthers() =>
        GC.GetTotalAllocatedBytes(precise: true) - GC.GetAllocatedBytesForCurrentThread();

    /// <summary>With all at rest, every interval has exactly one answer.</summary>
    private long CountWrongAtRest()
    {
        int position = _replay.PositionAfter(_counter.Finished);
        long wrong = 0;
        for (int interval = 0; interval < _truth.Intervals; interval++)
        {
            uint address = _truth.StartOf(interval);
            wrong += _truth.Allows(address, _trie.Lookup(address), (position, position)) ? 0 : 1;
        }

        return wrong;
    }

    private IEnumerable<string> FailuresOf(
        Worker[] workers, BlocksResult blocks, RcuStatistics settled, long wrongAtRest)
    {
        foreach (Worker worker in workers.Where(worker => worker.Failure is not null))
        {
            yield return $"the {worker.Name} ended with {worker.Failure}";
        }

        long wrong = _readers.Sum(reader => reader.WrongAnswers);
        if (wrong > 0)
        {
            yield return $"{wrong:N0} wrong answers";
        }

        foreach (WrongAnswer answer in _readers.SelectMany(reader => reader.FirstWrong.ToArray()))
        {
            (int, int) positions = _replay.PositionsBetween(answer.FirstStep, answer.LastStep);
            Era[] eras = _truth.ErasOf(answer.Address, positions).ToArray();
            yield return $"{Ipv4.Format(answer.Address)} got {answer.Answer} where "
                + $"{string.Join(" or ", eras.Select(era => era.Answer))} was right "
                + $"(steps {answer.FirstStep:N0} to {answer.LastStep:N0})";
        }

        if (wrongAtRest > 0)
        {
            yield return $"{wrongAtRest:N0} wrong answers with all at rest";
        }

        if (settled.BlocksQueued != settled.BlocksFreed || settled.BlocksWaiting != 0)
        {
            yield return $"after the barrier {settled.BlocksQueued:N0} blocks are queued, "
                + $"{settled.BlocksFreed:N0} freed and {settled.BlocksWaiting:N0} waiting";
        }

        long queued = settled.BlocksQueued - _queuedBefore;
        if (queued != blocks.Retired)
        {
            yield return $"{blocks.Retired:N0} blocks were retired, but {queued:N0} queued";
        }

        if (blocks.Lost != 0 || blocks.Allocated != blocks.Freed + blocks.Live)
        {
            yield return $"of {blocks.Allocated:N0} blocks, {blocks.Freed:N0} were freed and {blocks.Live:N0} "
                + $"are live; of those retired {blocks.Lost:N0} are lost";
        }
    }
}
