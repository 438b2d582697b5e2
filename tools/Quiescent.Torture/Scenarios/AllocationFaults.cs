using Quiescent.Torture.Actors;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Scenarios;

// Allocations fail: of pages, queues, reader slots, registrations, callbacks, and the reclaimer's thread. The failing
// operation throws OutOfMemoryException and loses nothing; heads never fail. On fresh domains, where all of these are
// still to be allocated, and on the domains that the readers use.
internal static class AllocationFaults
{
    public static void Populate(Session session)
    {
        session.Add(new FaultyDomains(session));
        session.Add(new Updater(
            "updater among faults", session, session.SharedDomains, Primitives.All, withFaults: true));
        session.Add(new Reader("reader among faults", session, session.SharedDomains));
    }
}

internal sealed class FaultyDomains(Session session) : Actor("maker of faulty domains", session)
{
    // More at once than the slots that a domain has to begin with.
    private const int Threads = 12;
    private const int OperationsPerThread = 40;

    protected override void Step()
    {
        Doing("using a domain while allocations fail");
        RcuSubject subject = RcuSubject.New("faulty", Session.Failures, reclaimDelay: TimeSpan.Zero);
        Thread[] threads = new Thread[Threads];
        for (int i = 0; i < Threads; i++)
        {
            Rng random = new(Random.Next());
            threads[i] = BriefThread.Start(Session, $"faulty {i}", () => UseMuch(subject, random));
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Doing("settling a domain after allocations have failed");
        BooksCheck.Settle(subject);
        Session.PastAges.Add(subject.Ages);
        subject.Dispose();
    }

    private void UseMuch(RcuSubject subject, Rng random)
    {
        for (int i = 0; i < OperationsPerThread; i++)
        {
            using ExpectedFaults.Scope scope = ExpectedFaults.On(random);
            Use(subject, random);
        }
    }

    private void Use(RcuSubject subject, Rng random)
    {
        Primitive primitive = random.Pick(Primitives.All);
        Session.Primitives.Count(primitive);
        if (random.OneIn(3))
        {
            try
            {
                Sections.Any([subject], Session.Delay, random);
            }
            catch (OutOfMemoryException)
            {
                // The thread is not registered, and reads some other time.
            }
        }
        else
        {
            Operations.Do(subject, primitive, random);
        }
    }
}
