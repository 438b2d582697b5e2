using Quiescent.Torture.Resources;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Scenarios;

// Safe handles, objects, native memory, mapped files and pooled arrays. Readers look at them in sections of every kind
// while updaters replace, close, drop and reuse them. Each knows whether it is still there, and by the end each has
// been released once.
internal static class ResourcesUnderReaders
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
        List<ResourceSet> sets = [];
        foreach (RcuSubject subject in classic)
        {
            ResourceSet set = Open(session, subject, releasing, sets);
            session.Add(new ResourceReader($"reader of {subject.Name}", session, subject, set));
        }

        ResourceSet last = Open(session, sleepable, releasing, sets);
        session.Add(new SleepableResourceReaders($"readers of {sleepable.Name}", session, sleepable, last));
        for (int i = 0; i < session.Options.Updaters; i++)
        {
            session.Add(new ResourceUpdater($"updater of resources {i}", session, sets));
        }

        session.Add(new ResourceCollector(session, sets));
    }

    private static ResourceSet Open(Session session, Subject subject, Releasing releasing, List<ResourceSet> sets)
    {
        ResourceSet set = new(subject, releasing);
        subject.AtRest = set.Settle;
        session.Own(set);
        sets.Add(set);
        return set;
    }
}
