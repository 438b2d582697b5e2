using System.Runtime.ExceptionServices;

namespace Quiescent.Scale.Workloads.Meters;

// Threads that begin together and go on until they are told to stop.
internal sealed class Crew : IDisposable
{
    private readonly List<Thread> _threads = [];
    private readonly CountdownEvent _ready = new(1);
    private readonly ManualResetEventSlim _go = new();
    private readonly ManualResetEventSlim _stop = new();
    private ExceptionDispatchInfo? _failure;

    public bool IsStopped => _stop.IsSet;

    /// <summary>Starts a thread, whose body calls <see cref="Begin"/> once it is ready.</summary>
    public void Add(string name, Action body)
    {
        _ready.AddCount();
        Thread thread = new(() => Run(body)) { Name = name };
        _threads.Add(thread);
        thread.Start();
    }

    /// <summary>On a thread of the crew: ready; returns when all begin.</summary>
    public void Begin()
    {
        _ready.Signal();
        _go.Wait();
    }

    public void AwaitReady()
    {
        _ready.Signal();
        _ready.Wait();
    }

    public void Go() => _go.Set();

    /// <summary>On a thread of the crew: returns when it is to stop.</summary>
    public void AwaitStop() => _stop.Wait();

    public void RequestStop() => _stop.Set();

    /// <summary>Stops all threads, waits for them, and throws what one of them threw.</summary>
    public void Stop()
    {
        RequestStop();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _failure?.Throw();
    }

    public void Dispose()
    {
        _ready.Dispose();
        _go.Dispose();
        _stop.Dispose();
    }

    private void Run(Action body)
    {
        try
        {
            body();
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
            if (!_go.IsSet)
            {
                _ready.Signal();
            }
        }
    }
}
