using Quiescent.Torture.Resources;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Scenarios;

// Handles, objects, native memory, mapped files and pooled arrays, looked at in sections of every kind while they are
// replaced, closed, dropped and used again. Each knows whether it is still there, and by the end each has been released
// once.
internal static class ResourcesOnShow
{
    public static void Populate(Session session) => Populate(session, Releasing.QueueRelease);

    public static void Populate(Session session, Releasing releasing)
    {
        RcuSubject[] classic =
        [
            session.Add(RcuSubject.New("resources", session.Failures)),
            session.Add(RcuSubject.New("resources, full", session.Failures, ReadSideBarrier.Full)),
            session.Add(RcuSubject.New("resources, valid", session.Failures, validate: true)),
        ];
        SrcuSubject sleepable = session.Add(SrcuSubject.New("resources, srcu", session.Failures));
        List<ResourceSet> shows = [];
        foreach (RcuSubject subject in classic)
        {
            ResourceSet show = Open(session, subject, releasing, shows);
            session.Add(new ResourceReader($"reader of {subject.Name}", session, subject, show));
        }

        ResourceSet last = Open(session, sleepable, releasing, shows);
        session.Add(new SleepableResourceReaders($"readers of {sleepable.Name}", session, sleepable, last));
        for (int i = 0; i < session.Options.Updaters; i++)
        {
            session.Add(new ResourceUpdater($"updater of resources {i}", session, shows));
        }

        session.Add(new ResourceCollector(session, shows));
    }

    private static ResourceSet Open(Session session, Subject subject, Releasing releasing, List<ResourceSet> shows)
    {
        ResourceSet show = new(subject, releasing);
        subject.AtRest = show.Settle;
        session.Own(show);
        shows.Add(show);
        return show;
    }
}
