using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Readers;

// A thread that opens sleepable sections for as long as the run lasts.
internal sealed class SleepableReader(
    string name, Session session, IReadOnlyList<SrcuSubject> subjects, IReadOnlyList<RcuSubject> others)
    : Actor(name, session)
{
    private const int TightSections = 64;

    protected override void Step()
    {
        if (Random.OneIn(4))
        {
            SleepableSections.Tight(Random.Pick(subjects), TightSections, Session.ColdLines, Random);
        }
        else
        {
            SleepableSections.OnThread(subjects, others, Session.Delay, Random);
        }
    }
}

// Some asynchronous readers at a time, on the threads of the pool.
internal sealed class AsyncReaders(
    string name, Session session, IReadOnlyList<SrcuSubject> subjects, IReadOnlyList<RcuSubject> others)
    : Actor(name, session)
{
    private const int MaxTasks = 32;

    protected override void Step()
    {
        Doing("awaiting asynchronous readers");
        Task[] tasks = new Task[Random.Between(1, MaxTasks)];
        for (int i = 0; i < tasks.Length; i++)
        {
            Rng random = new(Random.Next());
            tasks[i] = Task.Run(() => SleepableSections.AcrossAwaits(subjects, others, Session.Delay, random));
        }

        Task.WhenAll(tasks).GetAwaiter().GetResult();
    }
}
