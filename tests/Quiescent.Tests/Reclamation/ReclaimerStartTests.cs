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

    // Fault caught: after a failed start only the thread that met it tries again. Other threads' slots are listed
    // already, so that their appends would look at nothing.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_next_append_of_another_thread_tries_to_start_it_again(bool isShared)
    {
        RcuDomain domain = new(Domains.Served(isShared));
        using ManualResetEventSlim hasFailed = new();
        int ran = 0;
        Worker? other = null;
        Thread failing = Thread.CurrentThread;
        FaultInjection.Decide = site =>
        {
            if (site != FaultSite.ThreadStart || Thread.CurrentThread != failing)
            {
                return false;
            }

            other = Worker.Start(() =>
            {
                domain.Call(() => Interlocked.Increment(ref ran)); // Finds Idle clear, for this thread is starting it.
                Until.Set(hasFailed);
                domain.Call(() => Interlocked.Increment(ref ran));
            });
            Until.True(() => Forms.Waiting(domain) == 2 && other.IsWaiting);
            return true;
        };
        try
        {
            domain.Call(() => Interlocked.Increment(ref ran));
        }
        finally
        {
            FaultInjection.Decide = null;
        }

        hasFailed.Set();
        other!.Join();
        Until.True(() => Volatile.Read(ref ran) == 3);
        domain.Dispose();
    }
}
