using System.Diagnostics;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Watch;

// Turns a hang into a failure that says what hangs: an actor whose step does not end, or a domain in which something
// waits and no grace period completes.
internal sealed class Watchdog(TimeSpan limit, FailureLog failures)
{
    private readonly Dictionary<Subject, Pulse> _pulses = [];
    private readonly HashSet<Actor> _reported = [];

    /// <summary>In a sound torture no wait comes near this on a busy machine, the longest section included.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(15) + Delay.Longest;

    public TimeSpan Limit => limit;

    public void Check(IEnumerable<Actor> actors)
    {
        foreach (Actor actor in actors)
        {
            (string doing, TimeSpan time) = actor.Activity();
            if (time > limit && !actor.HasEnded && _reported.Add(actor))
            {
                failures.Add($"The actor '{actor.Name}' hangs: {doing}, for {time.TotalSeconds:0.0} s.");
            }
        }
    }

    public void Check(Subject subject, RcuStatistics statistics)
    {
        if (!_pulses.TryGetValue(subject, out Pulse? pulse))
        {
            _pulses.Add(subject, pulse = new Pulse());
        }

        TimeSpan still = pulse.Beat(statistics, Stopwatch.GetTimestamp());
        if (still > limit)
        {
            failures.Add(
                $"No grace period has completed in the domain '{subject.Name}' for {still.TotalSeconds:0.0} s, while "
                + $"{statistics.BlocksWaiting} blocks and {statistics.CallbacksWaiting} callbacks wait: {statistics}");
        }
    }
}

// How long a domain in which something waits has not completed a grace period.
internal sealed class Pulse
{
    private long _completed = -1;
    private long _since;

    public TimeSpan Beat(RcuStatistics statistics, long now)
    {
        bool nothingWaits = statistics.BlocksWaiting + statistics.CallbacksWaiting == 0;
        if (nothingWaits || statistics.GracePeriodsCompleted != _completed)
        {
            _completed = statistics.GracePeriodsCompleted;
            _since = now;
        }

        return Stopwatch.GetElapsedTime(_since, now);
    }
}
