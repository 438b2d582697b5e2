using Quiescent.Ordering;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// O9 (nothing sleeps on work): a reclaimer that cannot be started wakes nobody, and the threads that relied on it have
// to notice (idle.pml, twin EARLY_THREAD).
public sealed class ReclaimerStartTests
{
    // Fault caught: the reclaimer's field set before the thread has started. An append then takes the thread that is
    // about to fail for one that runs, clears Idle and leaves; nothing ever starts the reclaimer again, and barriers
    // hang.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_append_during_a_failing_start_of_the_reclaimer_is_reclaimed(bool isShared)
    {
        RcuDomain domain = new(Domains.Served(isShared));
        Thread asking = Thread.CurrentThread;
        Worker? appending = null;
        int ran = 0;
        FaultInjection.Decide = site =>
        {
            if (site != FaultSite.ThreadStart || Thread.CurrentThread != asking)
            {
                return false;
            }

            // It starts a thread of its own, or relies on this one.
            appending = Worker.Start(() => domain.Call(() => Volatile.Write(ref ran, 1)));
            Until.True(() => appending.HasEnded || appending.IsWaiting);
            return true;
        };
        try
        {
            Assert.Throws<InsufficientMemoryException>(() => domain.StartPoll());
        }
        finally
        {
            FaultInjection.Decide = null;
        }

        appending!.Join();
        Until.True(() => Volatile.Read(ref ran) == 1);
        domain.Dispose();
    }
}
