using Quiescent.Torture.Actors;

namespace Quiescent.Torture.Locks;

// A thread that reads under a lock, and at times writes.
internal sealed class LockUser(string name, Session session, IThreadLock tested, LockedPair pair, int usesPerWrite)
    : Actor(name, session)
{
    private const int MaxSpins = 2_000;

    protected override void Step()
    {
        if (Random.OneIn(usesPerWrite))
        {
            Doing("Write of a lock");
            tested.Write(Random, Write);
        }
        else
        {
            Doing("Read of a lock");
            tested.Read(Random, Read);
        }
    }

    private void Read()
    {
        long found = pair.BeginRead();
        Thread.SpinWait(Random.Next(MaxSpins));
        pair.EndRead(found);
    }

    private void Write()
    {
        pair.BeginWrite();
        Thread.SpinWait(Random.Next(MaxSpins));
        pair.EndWrite();
    }
}

// Some tasks at a time that read under a lock or write, across awaits, and are cancelled at times. The actor's thread
// starts them and waits for all.
internal sealed class LockTasks(string name, Session session, ITaskLock tested, LockedPair pair) : Actor(name, session)
{
    private const int MaxTasks = 24;
    private const int UsesPerWrite = 6;
    private const int UsesPerCancellation = 3;

    private long _cancelled;

    public override IEnumerable<(string Name, long Count)> Figures =>
    [
        ("waits at a lock that were cancelled", Interlocked.Read(ref _cancelled)),
        ("reads under a lock across awaits", pair.Reads),
        ("writes under a lock across awaits", pair.Writes),
    ];

    protected override void Step()
    {
        Doing("waits at a lock without threads");
        Task[] tasks = new Task[Random.Between(1, MaxTasks)];
        for (int i = 0; i < tasks.Length; i++)
        {
            bool writes = Random.OneIn(UsesPerWrite);
            int milliseconds = Random.OneIn(UsesPerCancellation) ? Random.Next(3) : Timeout.Infinite;
            int yields = Random.Next(3);
            tasks[i] = Task.Run(() => Use(writes, milliseconds, yields));
        }

        Task.WaitAll(tasks);
    }

    private async Task Use(bool writes, int milliseconds, int yields)
    {
        using CancellationTokenSource source = new(milliseconds);
        bool wasInside = writes
            ? await tested.Write(Write, source.Token).ConfigureAwait(false)
            : await tested.Read(Read, source.Token).ConfigureAwait(false);
        if (!wasInside)
        {
            Interlocked.Increment(ref _cancelled);
        }

        async Task Read()
        {
            long found = pair.BeginRead();
            await Yield(yields).ConfigureAwait(false);
            pair.EndRead(found);
        }

        async Task Write()
        {
            pair.BeginWrite();
            await Yield(yields).ConfigureAwait(false);
            pair.EndWrite();
        }
    }

    private static async Task Yield(int times)
    {
        for (int i = 0; i < times; i++)
        {
            await Task.Yield();
        }
    }
}
