using System.Diagnostics;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Watch;

// The longest time in which a domain that always has work has completed no grace period, to about a millisecond.
internal sealed class GapMeter(Session session, Subject subject) : Actor($"gap meter of {subject.Name}", session)
{
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(1);

    private long _completed = -1;
    private long _since;
    private TimeSpan _longest;

    public override IEnumerable<(string Name, long Count)> Figures =>
        [($"longest ms between grace periods of {subject.Name}", (long)Math.Ceiling(_longest.TotalMilliseconds))];

    protected override void Step()
    {
        long completed = subject.Domain.GetStatistics().GracePeriodsCompleted;
        long now = Stopwatch.GetTimestamp();
        if (_completed >= 0 && Stopwatch.GetElapsedTime(_since, now) is { } gap && gap > _longest)
        {
            _longest = gap;
        }

        if (completed != _completed)
        {
            _completed = completed;
            _since = now;
        }

        Session.Gate.Rest(s_glance);
    }
}
