using System.Diagnostics;
using Quiescent.Top.Model;
using Quiescent.Top.Stream;
using Quiescent.Top.View;

namespace Quiescent.Top;

// Turns a process into readings on a view, until the user, the time limit or the process ends it.
internal sealed class TopRun(TopOptions options, Func<Target, ITopView> createView, TextWriter output, TextWriter error)
{
    private const int MostRefusals = 3;

    // A session keeps reporting domains that are gone, unchanged; a new session does not report them. So a new session
    // begins when a domain has not changed for this long, and the next one after twice as long.
    private static readonly TimeSpan s_firstRefresh = TimeSpan.FromSeconds(10);

    private enum Step
    {
        Next,
        Rejoin,
        End,
    }

    private readonly Watch _watch = new();
    private MetricLimits _limits = new(options.Interval);
    private TimeSpan _refresh = s_firstRefresh;
    private int _refusals;
    private bool _hasAnswered;
    private bool _hasMeter;
    private bool _hasDomains;

    /// <summary>Returns the exit code. Cancellation by the user is a success.</summary>
    public async Task<TopExit> RunAsync(CancellationToken quit)
    {
        try
        {
            Target target = options.ProcessId is { } processId
                ? Targets.Find(processId)
                : await ChooseAsync(quit).ConfigureAwait(false);
            using ITopView view = createView(target);
            await ShowAsync(target, view, quit).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (quit.IsCancellationRequested)
        {
            return TopExit.Ended;
        }
        catch (TopException thrown)
        {
            await error.WriteLineAsync($"quiescent-top: {thrown.Message}").ConfigureAwait(false);
            return thrown.Exit;
        }

        return TopExit.Ended;
    }

    private async Task<Target> ChooseAsync(CancellationToken quit)
    {
        IReadOnlyList<Target> all = Targets.All(options.Name);
        IReadOnlyList<Target> candidates = await Targets.WithDomainsAsync(all, _limits, quit).ConfigureAwait(false);
        if (candidates is [var only])
        {
            return only;
        }

        string named = options.Name is null ? "" : $" named '{options.Name}'";
        foreach (Target target in all)
        {
            string mark = candidates.Contains(target) ? "  (has domains)" : "";
            await output.WriteLineAsync($"{target.ProcessId,8}  {target.Name}{mark}").ConfigureAwait(false);
        }

        throw candidates.Count == 0
            ? new TopException(TopExit.NoDomains, $"no .NET process{named} that can be observed has Quiescent domains")
            : new TopException(TopExit.BadArguments, $"{candidates.Count} processes{named} have Quiescent domains: "
                + $"choose one with --pid");
    }

    private async Task ShowAsync(Target target, ITopView view, CancellationToken quit)
    {
        long start = Stopwatch.GetTimestamp();
        Step step = Step.Rejoin;
        while (step == Step.Rejoin)
        {
            TargetStream stream = await TargetStream.OpenAsync(target.ProcessId, _limits, quit).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                step = Step.Next;
                while (step == Step.Next)
                {
                    step = await TakeAsync(target, stream, view, start, quit).ConfigureAwait(false);
                }
            }
        }
    }

    // Waits for one message, or until the time that the user or the process was given is over.
    private async Task<Step> TakeAsync(
        Target target, TargetStream stream, ITopView view, long start, CancellationToken quit)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        TimeSpan timeout = options.Timeout + (_hasMeter ? 4 * _limits.Interval : TimeSpan.Zero);
        TimeSpan? left = _hasDomains && !options.Once
            ? options.Duration - elapsed
            : Min(options.Duration - elapsed, timeout - elapsed);
        using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(quit);
        if (left is { } time)
        {
            wait.CancelAfter(time > TimeSpan.Zero ? time : TimeSpan.Zero);
        }

        try
        {
            if (!await stream.Messages.WaitToReadAsync(wait.Token).ConfigureAwait(false))
            {
                throw new TopException(TopExit.TargetEnded, $"{target.Name} ({target.ProcessId}) has ended");
            }
        }
        catch (OperationCanceledException) when (!quit.IsCancellationRequested)
        {
            return options.Duration <= Stopwatch.GetElapsedTime(start)
                ? Step.End
                : throw NothingComes(target);
        }

        return stream.Messages.TryRead(out TopMessage? message) ? Take(message, target, view) : Step.Next;
    }

    private Step Take(TopMessage message, Target target, ITopView view)
    {
        if (message is Occupied occupied)
        {
            _limits = occupied.Limits is { } limits && ++_refusals <= MostRefusals ? limits : throw new TopException(
                TopExit.Occupied,
                $"another tool observes the metrics of process {target.ProcessId} in a session that cannot be shared");
            error.WriteLine(
                $"quiescent-top: another tool observes process {target.ProcessId} already: "
                + $"uses its interval, {_limits.Interval.TotalSeconds} s");
            return Step.Rejoin;
        }

        _hasAnswered = true;
        _hasMeter |= message is MeterFound;
        if (_watch.Accept(message) is not { } reading)
        {
            return Step.Next;
        }

        _hasDomains |= reading.Domains.Count != 0;
        if (!_hasDomains || (options.Once && !reading.IsFull))
        {
            return Step.Next;
        }

        view.Show(reading);
        if (options.Once)
        {
            return Step.End;
        }

        if (reading.Domains.Any(domain => domain.Unchanged >= _refresh))
        {
            _refresh *= 2;
            return Step.Rejoin;
        }

        return Step.Next;
    }

    private TopException NothingComes(Target target)
    {
        string who = $"{target.Name} ({target.ProcessId})";
        return this switch
        {
            { _hasDomains: true } => new(TopExit.NoAccess, $"{who} no longer answers"),
            { _hasAnswered: true } => new(TopExit.NoDomains, $"{who} has no Quiescent domains"),
            _ => new(
                TopExit.NoDomains,
                $"{who} has its event sources switched off: set EventSourceSupport to true in its project "
                + "(PublishAot sets it to false)"),
        };
    }

    private static TimeSpan? Min(TimeSpan? one, TimeSpan other) => one < other ? one : other;
}
