using System.Runtime.ExceptionServices;

namespace Quiescent.Torture.Litmus;

// A thread of one slice. What it throws is thrown again where it is joined.
internal sealed class LitmusThread
{
    // What no slice comes near on a busy machine.
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);

    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;

    private LitmusThread(Action body, int? core)
    {
        _thread = new Thread(() => Run(body, core)) { IsBackground = true, Name = "litmus" };
        _thread.Start();
    }

    public static LitmusThread Start(Action body) => new(body, core: null);

    /// <summary>On a core of its own, as far as there are so many. Threads that it starts inherit it.</summary>
    public static LitmusThread StartOn(int core, Action body) => new(body, core);

    public void Join()
    {
        if (!_thread.Join(s_bound))
        {
            throw new TimeoutException("A litmus test's thread does not end.");
        }

        _failure?.Throw();
    }

    private void Run(Action body, int? core)
    {
        try
        {
            if (core is { } number)
            {
                Cores.Take(number);
            }

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
