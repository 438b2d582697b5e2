namespace Quiescent.Claims;

// Threads that are registered in a domain. One in four queues on request; the others do nothing.
internal sealed class Crowd : IDisposable
{
    private const int StackBytes = 256 * 1024;

    private readonly RcuDomain _domain;
    private readonly Thread[] _threads;
    private readonly CountdownEvent _registered;
    private readonly ManualResetEventSlim _end = new();

    // The queueing threads and the one that starts them pass it, before and after they queue.
    private readonly Barrier _phase;
    private bool _trivial;
    private int _blocksEach;

    public Crowd(RcuDomain domain, int threads)
    {
        _domain = domain;
        _registered = new CountdownEvent(threads);
        Queueing = Math.Max(1, threads / 4);
        _phase = new Barrier(Queueing + 1);
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(() => Run(i < Queueing), StackBytes))];
        Array.ForEach(_threads, thread => thread.Start());
        _registered.Wait();
    }

    /// <summary>How many threads queue.</summary>
    public int Queueing { get; }

    /// <summary>Returns when each of them has queued this many blocks.</summary>
    public void Queue(bool trivial, int blocksEach)
    {
        _trivial = trivial;
        _blocksEach = blocksEach;
        _phase.SignalAndWait();
        _phase.SignalAndWait();
    }

    public void Dispose()
    {
        _end.Set();
        _phase.SignalAndWait();
        Array.ForEach(_threads, thread => thread.Join());
        _phase.Dispose();
        _end.Dispose();
        _registered.Dispose();
    }

    private void Run(bool queues)
    {
        using (_domain.ReadLock())
        {
            // The first section registers the thread.
        }

        _registered.Signal();
        while (queues)
        {
            _phase.SignalAndWait();
            if (_end.IsSet)
            {
                return;
            }

            QueuedBlocks.Queue(_domain, _trivial, _blocksEach);
            _phase.SignalAndWait();
        }

        _end.Wait();
    }
}
