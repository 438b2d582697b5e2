using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Readers;

// A thread that reads for as long as the run lasts.
internal sealed class Reader(string name, Session session, IReadOnlyList<RcuSubject> subjects) : Actor(name, session)
{
    private const int TightSections = 64;

    protected override void Step()
    {
        if (Random.OneIn(4))
        {
            Sections.Tight(Random.Pick(subjects), TightSections, Session.ColdLines, Random);
        }
        else
        {
            Sections.Any(subjects, Session.Delay, Random);
        }
    }
}

// A thread that stays online until some grace periods have passed. A domain that does not heed its quiescent
// states waits for it.
internal sealed class SteadyReader(string name, Session session, RcuSubject subject) : Actor(name, session)
{
    private const int GracePeriodsPerStep = 3;
    private const int SectionsBetweenLooks = 64;

    protected override void Step()
    {
        long enough = subject.Domain.GetStatistics().GracePeriodsCompleted + GracePeriodsPerStep;
        int sections = 0;
        Doing("staying online until some grace periods have passed");
        Sections.StayOnline(
            subject,
            () => Session.Gate.IsStopping
                || (sections++ % SectionsBetweenLooks == 0
                    && subject.Domain.GetStatistics().GracePeriodsCompleted >= enough),
            Random);
    }
}

// A thread that is in a short section of one domain nearly always.
internal sealed class TightReader(string name, Session session, RcuSubject subject) : Actor(name, session)
{
    private const int SectionsPerStep = 1000;

    protected override void Step() => Sections.Tight(subject, SectionsPerStep, Session.ColdLines, Random);
}
