using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;

namespace Quiescent.Torture.Scenarios;

// The read side: twice the readers, and updaters that only wait.
internal static class ManyReaders
{
    public static void Populate(Session session)
    {
        for (int i = 0; i < session.Options.Readers * 2; i++)
        {
            session.Add(new Reader($"reader {i}", session, session.SharedDomains));
        }

        for (int i = 0; i < session.Options.Updaters; i++)
        {
            session.Add(new Updater($"updater {i}", session, session.SharedDomains, Primitives.Waits));
        }

        // And one short section after the other, against one grace period after the other.
        foreach (RcuSubject subject in session.SharedDomains.Skip(1).Take(2))
        {
            session.Add(new TightReader($"tight reader of {subject.Name}", session, subject));
            session.Add(new Updater($"tight updater of {subject.Name}", session, [subject], [Primitive.Synchronize]));
        }
    }
}

// The update side: each room of primitives by itself, and all in rotation.
internal static class AllPrimitives
{
    public static void Populate(Session session)
    {
        for (int i = 0; i < Math.Max(1, session.Options.Readers / 2); i++)
        {
            session.Add(new Reader($"reader {i}", session, session.SharedDomains));
        }

        IReadOnlyList<Primitive>[] rooms = [Primitives.All, Primitives.Frees, Primitives.Calls, Primitives.Waits];
        for (int i = 0; i < Math.Max(rooms.Length, session.Options.Updaters * 2); i++)
        {
            session.Add(new Updater($"updater {i}", session, session.SharedDomains, rooms[i % rooms.Length]));
        }

        session.Add(new FakeUpdater(0, session, session.SharedDomains));
    }
}
