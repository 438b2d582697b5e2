using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Quiescent.Ordering;

// The platform's shared pools: of arrays, of threads, of timers. The first use of each in the process makes an event
// source, under the runtime's lock of all event listeners. So it may run listeners, and wait for some: a thread that
// uses this library for the first time must not be the one (Telemetry).
internal static class PlatformPools
{
    private static readonly bool s_haveEvents =
        !AppContext.TryGetSwitch("System.Diagnostics.Tracing.EventSource.IsSupported", out bool isOn) || isOn;

    private static int s_areUsed;
    private static int s_willBeUsed;

    [FeatureSwitchDefinition("System.Diagnostics.Tracing.EventSource.IsSupported")]
    private static bool HaveEvents => s_haveEvents;

    /// <summary>Whether a thread is on its way to use them, and has not done so yet.</summary>
    public static bool AreAwaited => !AreUsed && Order.Acquire(in s_willBeUsed) != 0;

    /// <summary>Whether a use of the pools runs no listener and waits for none.</summary>
    public static bool AreUsed => !HaveEvents || Order.Acquire(in s_areUsed) != 0;

    /// <summary>A thread is about to be started that uses them.</summary>
    public static void Await() => Order.Release(ref s_willBeUsed, 1);

    /// <summary>That thread could not be started.</summary>
    public static void AwaitNoMore() => Order.Release(ref s_willBeUsed, 0);

    /// <summary>Uses them. May run listeners, and wait for some.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory or thread for them. The next call goes on.</exception>
    public static void Use()
    {
        FaultInjection.ThrowIfDue(FaultSite.Telemetry);

        // A report's text rents its buffer from the shared array pool.
        ArrayPool<char>.Shared.Return(ArrayPool<char>.Shared.Rent(1));
        try
        {
            ThreadPool.UnsafeQueueUserWorkItem(static _ => { }, null);
            new Timer(static _ => { }, null, Timeout.Infinite, Timeout.Infinite).Dispose();
        }
        catch (ThreadStartException e)
        {
            throw new InsufficientMemoryException("The platform has no thread to give.", e);
        }

        Order.Release(ref s_areUsed, 1);
    }
}
