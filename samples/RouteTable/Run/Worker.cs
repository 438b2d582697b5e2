using System.Diagnostics;

namespace RouteTable.Run;

/// <summary>Asks the workers to end.</summary>
internal sealed class StopFlag : IDisposable
{
    private readonly ManualResetEventSlim _event = new();

    public bool IsSet => _event.IsSet;

    public void Set() => _event.Set();

    public bool Wait(TimeSpan atMost) => _event.Wait(atMost > TimeSpan.Zero ? atMost : TimeSpan.Zero);

    public void Dispose() => _event.Dispose();
}

/// <summary>
/// A thread that does one thing until it is told to stop. It counts what it does, and the managed memory that it
/// allocates meanwhile, which is to be none. What it throws becomes a result, for else it would end the process.
/// </summary>
internal abstract class Worker
{
    private readonly Thread _thread;
    private readonly StopFlag _stop;
    private long _done;

    protected Worker(string name, StopFlag stop)
    {
        _stop = stop;
        _thread = new Thread(Guarded) { Name = name, IsBackground = true };
    }

    public string Name => _thread.Name!;

    /// <summary>Items done so far.</summary>
    public long Done => Volatile.Read(ref _done);

    public Exception? Failure { get; private set; }

    /// <summary>Managed bytes that the loop allocated. Known when it has ended.</summary>
    public long AllocatedBytes { get; private set; }

    public TimeSpan Elapsed { get; private set; }

    public void Start() => _thread.Start();

    public void Join() => _thread.Join();

    /// <summary>A short piece of work; the number of items done.</summary>
    protected abstract int DoSome();

    private void Guarded()
    {
        try
        {
            // The first piece allocates what is allocated once: the thread's registration, and statics.
            _done = DoSome();
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            long started = Stopwatch.GetTimestamp();
            while (!_stop.IsSet)
            {
                Volatile.Write(ref _done, _done + DoSome());
            }

            Elapsed = Stopwatch.GetElapsedTime(started);
            AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - allocated;
        }
        catch (Exception failure)
        {
            Failure = failure;
            _stop.Set();
        }
    }
}
