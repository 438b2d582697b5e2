using Quiescent.Torture.Locks;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;

namespace Quiescent.Torture.Scenarios;

// Reader-writer locks for threads and for tasks, with a domain of their own and with one that is in use besides.
internal static class LocksUnderLoad
{
    private const int UsesPerWriteOfReaders = 50;
    private const int UsesPerWriteOfWriters = 2;

    public static void Populate(Session session)
    {
        RcuSubject threads = session.Add(RcuSubject.New("locks", session.Failures));
        SrcuSubject tasks = session.Add(SrcuSubject.New("locks of tasks", session.Failures));
        session.Add(new Reader("reader beside locks", session, [threads]));
        session.Add(new Updater("updater beside locks", session, [threads, tasks], Primitives.All));
        Populate(session, new ThreadLock(domain: null), new TaskLock(domain: null), "own");
        Populate(session, new ThreadLock((RcuDomain)threads.Domain), new TaskLock((SrcuDomain)tasks.Domain), "shared");
    }

    public static void Populate(Session session, IThreadLock threads, ITaskLock tasks, string kind)
    {
        session.Own(threads);
        session.Own(tasks);
        LockedPair pair = new($"{kind}, threads", session.Failures);
        for (int i = 0; i < session.Options.Readers; i++)
        {
            session.Add(new LockUser($"reader {i} of a lock, {kind}", session, threads, pair, UsesPerWriteOfReaders));
        }

        session.Add(new LockUser($"writer of a lock, {kind}", session, threads, pair, UsesPerWriteOfWriters));
        session.Add(new LockTasks(
            $"tasks at a lock, {kind}", session, tasks, new LockedPair($"{kind}, tasks", session.Failures)));
    }
}
