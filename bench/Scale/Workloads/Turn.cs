using System.Diagnostics;

namespace Quiescent.Scale.Workloads;

// One turn's threads: all are started and ready before the first begins, and each is timed by itself while all run.
internal sealed class Turn : IDisposable
{
    private readonly List<Thread> _threads = [];
    private readonly CountdownEvent _notReady = new(1);
    private readonly ManualResetEventSlim _gate = new();
    private volatile bool _isOver;
    private Exception? _failure;

    public bool IsOver => _isOver;

    /// <summary>Starts a thread that is to call <see cref="Await"/> or <see cref="BeReady"/> when it is
    /// ready.</summary>
    public void Start(Action body, int stackSize = 0)
    {
        Thread thread = new(() =>
        {
            try
            {
                body();
            }
            catch (Exception exception)
            {
                _failure = exception;
                if (!_gate.IsSet)
                {
                    _notReady.Signal();
                }
            }
        },
        stackSize)
        {
            IsBackground = true,
        };
        _notReady.AddCount();
        thread.Start();
        _threads.Add(thread);
    }

    /// <summary>Called on a thread of the turn: returns the time when all threads are ready.</summary>
    public long Await()
    {
        BeReady();
        _gate.Wait();
        return Stopwatch.GetTimestamp();
    }

    /// <summary>Called on a thread of the turn that has nothing to time.</summary>
    public void BeReady() => _notReady.Signal();

    /// <summary>Lets the threads run for that long and waits for their end.</summary>
    /// <exception cref="InvalidOperationException">One of them has failed.</exception>
    public void Run(TimeSpan length)
    {
        _notReady.Signal();
        _notReady.Wait();
        _gate.Set();
        Thread.Sleep(length);
        _isOver = true;
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        if (_failure is not null)
        {
            throw new InvalidOperationException(_failure.Message, _failure);
        }
    }

    public void Dispose()
    {
        _notReady.Dispose();
        _gate.Dispose();
    }
}
