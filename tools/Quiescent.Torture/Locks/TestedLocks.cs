using Quiescent.Torture.Actors;

namespace Quiescent.Torture.Locks;

// A lock for threads, under test. Both return false if they gave up.
internal interface IThreadLock : IDisposable
{
    bool Read(Rng random, Action inside);

    bool Write(Rng random, Action inside);
}

// A lock for tasks, under test. Both return false if they were cancelled.
internal interface ITaskLock : IDisposable
{
    Task<bool> Read(Func<Task> inside, CancellationToken cancellation);

    Task<bool> Write(Func<Task> inside, CancellationToken cancellation);
}

// The library's, for threads.
internal sealed class ThreadLock(RcuDomain? domain) : IThreadLock
{
    private const int Tries = 3;

    private readonly RcuReaderWriterLock _lock = new(domain, "tortured");

    public bool Read(Rng random, Action inside)
    {
        if (random.OneIn(Tries))
        {
            if (!_lock.TryRead(TimeSpan.FromMilliseconds(random.Next(3)), out RcuReaderWriterLock.ReadScope attempt))
            {
                return false;
            }

            using (attempt)
            {
                inside();
            }

            return true;
        }

        using (_lock.Read())
        {
            if (random.OneIn(Tries))
            {
                using (_lock.Read())
                {
                    inside();
                }
            }

            inside();
        }

        return true;
    }

    public bool Write(Rng random, Action inside)
    {
        if (random.OneIn(Tries))
        {
            TimeSpan timeout = TimeSpan.FromMilliseconds(random.Next(3));
            if (!_lock.TryWrite(timeout, out RcuReaderWriterLock.WriteScope attempt))
            {
                return false;
            }

            using (attempt)
            {
                inside();
            }

            return true;
        }

        using (_lock.Write())
        {
            inside();
        }

        return true;
    }

    public void Dispose() => _lock.Dispose();
}

// The library's, for tasks.
internal sealed class TaskLock(SrcuDomain? domain) : ITaskLock
{
    private readonly RcuAsyncReaderWriterLock _lock = new(domain, "tortured");

    public async Task<bool> Read(Func<Task> inside, CancellationToken cancellation)
    {
        try
        {
            using AsyncReadScope scope = await _lock.ReadAsync(cancellation).ConfigureAwait(false);
            await inside().ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public async Task<bool> Write(Func<Task> inside, CancellationToken cancellation)
    {
        try
        {
            using AsyncWriteScope scope = await _lock.WriteAsync(cancellation).ConfigureAwait(false);
            await inside().ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose() => _lock.Dispose();
}

// The busted twin of both: it lets everybody in.
internal sealed class NoLock : IThreadLock, ITaskLock
{
    public bool Read(Rng random, Action inside) => Enter(inside);

    public bool Write(Rng random, Action inside) => Enter(inside);

    public Task<bool> Read(Func<Task> inside, CancellationToken cancellation) => Enter(inside);

    public Task<bool> Write(Func<Task> inside, CancellationToken cancellation) => Enter(inside);

    public void Dispose()
    {
    }

    private static bool Enter(Action inside)
    {
        inside();
        return true;
    }

    private static async Task<bool> Enter(Func<Task> inside)
    {
        await inside().ConfigureAwait(false);
        return true;
    }
}
