namespace Quiescent.Torture.Actors;

// A thread that does one thing and ends. An exception in it is a failure of the run.
internal static class BriefThread
{
    public static Thread Start(Session session, string name, Action body)
    {
        Thread thread = new(() => Run(session, name, body), maxStackSize: 256 * 1024)
        {
            Name = name,
            IsBackground = true,
        };
        thread.Start();
        return thread;
    }

    /// <summary>The same on a thread of native code. Returns what waits for its end.</summary>
    public static Action StartNative(Session session, string name, Action body) =>
        NativeThread.Start(() => Run(session, name, body));

    private static void Run(Session session, string name, Action body)
    {
        try
        {
            body();
        }
#pragma warning disable CA1031 // Whatever it is, it is a failure of the run.
        catch (Exception e)
#pragma warning restore CA1031
        {
            session.Failures.Add($"The thread '{name}' ended with {e}");
        }
    }
}
