using Quiescent.Torture.Blocks;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Reports;

// The run's figures at one moment.
internal sealed record Reading(TimeSpan At, long GracePeriods, long Updates, long Sections, long Backlog, long[] Ages)
{
    public static Reading Take(
        Session session, TimeSpan at, IReadOnlyList<(Subject Subject, RcuStatistics Statistics)> all)
    {
        AgeHistogram ages = new();
        ages.Add(session.PastAges);
        long gracePeriods = 0;
        long backlog = 0;
        foreach ((Subject subject, RcuStatistics statistics) in all)
        {
            ages.Add(subject.Ages);
            gracePeriods += statistics.GracePeriodsCompleted - subject.Start.GracePeriodsCompleted;
            backlog += statistics.BlocksWaiting + statistics.CallbacksWaiting;
        }

        long[] counts = ages.Read();
        return new Reading(at, gracePeriods, session.Primitives.Total, counts.Sum(), backlog, counts);
    }
}
