using System.Runtime.ExceptionServices;

namespace Quiescent.Torture.Litmus;

// A thread of one slice. The thread that joins it rethrows its exception.
internal sealed class LitmusThread
{
    // No slice comes near this on a busy machine.
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);

    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;

    private LitmusThread(Action body, int? core)
    {
        _thread = new Thread(() => Run(body, core)) { IsBackground = true, Name = "litmus" };
        _thread.Start();
    }

    public static LitmusThread Start(Action body) => new(body, core: null);

    /// <summary>Starts it on a core of its own, if there are enough. Threads that it starts inherit the core.</summary>
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
#pragma warning disable CA1031 // The joining thread rethrows it, whatever it is.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    }
}
