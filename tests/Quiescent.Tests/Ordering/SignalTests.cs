using Quiescent.Ordering;

namespace Quiescent.Tests.Ordering;

public sealed class SignalTests
{
    // Fault caught: Windows says IOException where it has no more handles, and callers expect want of memory alone.
    [Fact]
    public void A_system_without_events_is_want_of_memory()
    {
        IOException said = new("on purpose");
        InsufficientMemoryException e = Assert.Throws<InsufficientMemoryException>(() => new Signal(() => throw said));
        Assert.Same(said, e.InnerException);
    }

    [Fact]
    public void A_wait_takes_what_was_set_before()
    {
        Signal signal = new();
        signal.Set();
        signal.Wait(Timeout.InfiniteTimeSpan);
        signal.Wait(TimeSpan.FromMilliseconds(1)); // Returns though nobody sets it again.
    }
}
