using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;

namespace Quiescent.Torture.Scenarios;

// Sections that await, change threads, are passed on, and nest in one another's domains in any order, against
// everything that an updater can do; and sections that are held up where it matters, against one grace period after the
// other.
internal static class SleepableReaders
{
    private const int HeldUpReaders = 3;

    public static void Populate(Session session) => Populate(session, name => SrcuSubject.New(name, session.Failures));

    public static void Populate(Session session, Func<string, SrcuSubject> make)
    {
        SrcuSubject[] subjects = [session.Add(make("sleepable 1")), session.Add(make("sleepable 2"))];
        RcuSubject beside = session.Add(RcuSubject.New("beside", session.Failures));
        AddReaders(session, subjects, [beside]);
        for (int i = 0; i < session.Options.Updaters; i++)
        {
            session.Add(new Updater(
                $"updater of sleepers {i}",
                session,
                [.. subjects, beside],
                Primitives.All,
                withFaults: i % 2 == 1));
        }

        session.Add(new FakeUpdater(1, session, subjects));
        AddHeldUp(session, session.Add(make("held up")));
    }

    /// <summary>Adds some readers that share a processor, and one thread that only waits for them.</summary>
    public static void AddHeldUp(Session session, SrcuSubject subject)
    {
        for (int i = 0; i < HeldUpReaders; i++)
        {
            session.Add(new HeldUpReader($"held-up reader {i}", session, subject, processor: 0));
        }

        session.Add(new PassingReader("passing reader", session, subject, processor: 0));
        session.Add(new Updater("updater of the held up", session, [subject], [Primitive.Synchronize]));
    }

    // Threads, tasks, and pairs of threads.
    private static void AddReaders(
        Session session, IReadOnlyList<SrcuSubject> subjects, IReadOnlyList<RcuSubject> others)
    {
        for (int i = 0; i < session.Options.Readers; i++)
        {
            session.Add(new SleepableReader($"sleepable reader {i}", session, subjects, others));
        }

        session.Add(new AsyncReaders("asynchronous readers", session, subjects, others));
        Relay relay = new();
        session.Add(new RelayStarter("relay starter", session, subjects, relay));
        session.Add(new RelayFinisher("relay finisher", session, relay));
    }
}
