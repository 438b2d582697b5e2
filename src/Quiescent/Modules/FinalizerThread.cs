using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Modules;

// Which thread finalizes. The runtime does not tell, so an object is dropped whose finalizer does: after the next
// collection.
internal sealed class FinalizerThread
{
    private static Thread? s_thread;

    private FinalizerThread()
    {
    }

    ~FinalizerThread() => Order.Release(ref s_thread, Thread.CurrentThread);

    public static bool IsKnown => Order.Acquire(in s_thread) is not null;

    public static bool IsCurrent => Order.Acquire(in s_thread) == Thread.CurrentThread;

    /// <summary>Finds out with the next collection.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Ask()
    {
        if (!IsKnown)
        {
            _ = new FinalizerThread();
        }
    }
}
