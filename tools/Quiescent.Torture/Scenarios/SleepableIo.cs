using Quiescent.Torture.Io;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Scenarios;

// The purpose of sleepable sections: a thousand asynchronous readers that stay in them for as long as their I/O takes,
// while updaters free without pause. It needs the machine for itself, and so is no part of the mix.
internal static class SleepableIo
{
    private const int AsyncReaders = 1000;

    public static void Populate(Session session)
    {
        SrcuSubject[] subjects =
        [
            session.Add(SrcuSubject.New("files 1", session.Failures)),
            session.Add(SrcuSubject.New("files 2", session.Failures)),
        ];
        BlockFile file = new();
        session.Own(file);
        session.Add(new IoReaders(session, subjects, file, AsyncReaders));
        for (int i = 0; i < session.Options.Updaters; i++)
        {
            session.Add(new Updater($"freeing updater {i}", session, subjects, Primitives.Frees, pauses: false));
        }

        session.Add(new Updater("updater beside", session, subjects, Primitives.All));
        foreach (SrcuSubject subject in subjects)
        {
            session.Add(new GapMeter(session, subject));
        }
    }
}
