using Quiescent.Ordering;

namespace Quiescent.GracePeriods;

// A domain whose grace periods a test drives by hand. From Begin to End only the stepping thread advances the engine,
// and only while it is at a step. Safety needs nobody to advance it, so nothing else is touched: waiting threads go on
// asking, and get the same answer as with a reader in the way.
internal sealed class Stepping
{
    private Thread? _thread;
    private bool _isAtStep;

    /// <summary>Whether the domain is stepped.</summary>
    public bool IsOn => Order.Acquire(in _thread) is not null;

    /// <summary>Whether this thread may not advance the engine now.</summary>
    public bool Forbids => Order.Acquire(in _thread) is { } thread && (thread != Thread.CurrentThread || !_isAtStep);

    /// <summary>Whether this thread, if it waited, would wait for its own next step.</summary>
    public bool IsCurrentThread => Order.Acquire(in _thread) == Thread.CurrentThread;

    public void Begin() => Order.Release(ref _thread, Thread.CurrentThread);

    public void End() => Order.Release(ref _thread, null);

    /// <summary>On the stepping thread: whether the engine may advance from here on.</summary>
    public void Allow(bool isAtStep) => _isAtStep = isAtStep;
}
