using Quiescent.Torture.Background;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Updaters;

namespace Quiescent.Torture.Scenarios;

// All at the same time: a single scenario shows its faults sooner, the mix shows combinations that nobody thought of.
internal static class Mix
{
    public static void Populate(Session session)
    {
        for (int i = 0; i < session.Options.Readers; i++)
        {
            session.Add(new Reader($"reader {i}", session, session.SharedDomains));
        }

        for (int i = 0; i < session.Options.Updaters; i++)
        {
            session.Add(new Updater(
                $"updater {i}", session, session.SharedDomains, Primitives.All, withFaults: i % 2 == 1));
        }

        session.Add(new FakeUpdater(0, session, session.SharedDomains));
        BarrierRounds.Populate(session);
        ForwardProgress.Populate(session);
        StallReports.Populate(session);
        ThreadChurn.Populate(session);
        AllocationFaults.Populate(session);
        Disposal.Populate(session);
        SleepableReaders.Populate(session);
        ResourcesUnderReaders.Populate(session);
        ModuleUnloads.Populate(session);
        Disturb(session);
    }

    /// <summary>Forced collections, affinity, stutter.</summary>
    public static void Disturb(Session session)
    {
        session.Add(new Collector(session));
        session.Add(new Shuffler(session));
        session.Add(new Stutterer(session));
    }
}
