using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Modules;

// Finds out which thread runs finalizers. The runtime does not say, so Ask drops an object whose finalizer records its
// thread, after the next collection.
internal sealed class FinalizerThread
{
    private static Thread? s_thread;

    private FinalizerThread()
    {
    }

    ~FinalizerThread() => Order.Release(ref s_thread, Thread.CurrentThread);

    public static bool IsKnown => Order.Acquire(in s_thread) is not null;

    public static bool IsCurrent => Order.Acquire(in s_thread) == Thread.CurrentThread;

    /// <summary>Makes the next collection find the thread.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Ask()
    {
        if (!IsKnown)
        {
            _ = new FinalizerThread();
        }
    }
}
