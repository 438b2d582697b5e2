using System.Runtime.ExceptionServices;
using Quiescent.Ordering;

namespace Quiescent.Tests.Support;

// A thread of a test. What it throws is thrown again where the test joins it.
internal sealed class Worker : IDisposable
{
    private readonly Thread _thread;
    private ThreadLife? _life;
    private ExceptionDispatchInfo? _failure;
    private bool _isJoined;

    private Worker(Action body, string? name, int stackBytes)
    {
        _thread = new Thread(() => Run(body), stackBytes) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public Thread Thread => _thread;

    public bool HasEnded => !_thread.IsAlive;

    /// <summary>Whether it sleeps or waits just now: so, for a test that knows where, it has got there.</summary>
    public bool IsWaiting => (_thread.ThreadState & ThreadState.WaitSleepJoin) != 0;

    public static Worker Start(Action body, string? name = null, int stackBytes = 256 * 1024) =>
        new(body, name, stackBytes);

    public static Worker[] StartMany(int count, Action<int> body, string? name = null) =>
        [.. Enumerable.Range(0, count).Select(i => Start(() => body(i), name is null ? null : $"{name} {i}"))];

    /// <summary>Runs the body on a thread of its own, to its end.</summary>
    public static void Run(Action body, string? name = null, int stackBytes = 256 * 1024) =>
        Start(body, name, stackBytes).Join();

    /// <summary>Asks on a thread of its own.</summary>
    public static bool Ask(Func<bool> question)
    {
        bool answer = false;
        Run(() => answer = question());
        return answer;
    }

    public static void JoinAll(IEnumerable<Worker> workers)
    {
        foreach (Worker worker in workers)
        {
            worker.Join();
        }
    }

    /// <summary>Waits until the thread has ended, and throws what it threw.</summary>
    public void Join()
    {
        _isJoined = true;

        // Not Thread.Join, which Validate objects to where a test waits inside a section on purpose.
        bool hasEnded = SpinWait.SpinUntil(() => !_thread.IsAlive, Until.Bound);
        Assert.True(hasEnded, $"The thread '{_thread.Name}' does not end.");

        // The library takes a thread for ended when the operating system has ended it, which is a little later.
        Assert.True(SpinWait.SpinUntil(() => _life is not { HasEnded: false }, Until.Bound));
        _failure?.Throw();
    }

    public void Dispose()
    {
        if (!_isJoined)
        {
            Join();
        }
    }

    private void Run(Action body)
    {
        _life = ThreadLife.OfCurrent();
        try
        {
            body();
        }
#pragma warning disable CA1031 // Whatever it is, the joining thread throws it again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    }
}
