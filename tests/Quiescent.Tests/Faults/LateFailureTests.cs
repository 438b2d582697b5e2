using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// What must not be refused although its domain is disposed, when there is no memory to ask for a thread that runs it.
public sealed unsafe class LateFailureTests
{
    // Fault caught: a request for a thread that failed once, and that nobody repeats.
    [Fact]
    public void A_late_callback_asks_again_where_the_one_before_it_failed()
    {
        RcuDomain domain = Domains.New();
        domain.Dispose();
        int ran = 0;
        using (Failures failures = new(FaultSite.PoolThread, Failing.First))
        {
            Release(domain, () => Interlocked.Increment(ref ran));
            Assert.Equal(1, failures.Failed);
            Release(domain, () => Interlocked.Increment(ref ran));
            Until.True(() => Volatile.Read(ref ran) == 2);
        }
    }

    // Fault caught: as above, where no other callback comes.
    [Fact]
    public void The_finalizer_s_thread_asks_again()
    {
        RcuDomain domain = Domains.New();
        domain.Dispose();
        int ran = 0;
        using (Failures failures = new(FaultSite.PoolThread, Failing.First))
        {
            Worker.Run(() => Release(domain, () => Interlocked.Increment(ref ran)));
            Assert.Equal(1, failures.Failed);
        }

        Until.True(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Volatile.Read(ref ran) == 1;
        });
        GC.KeepAlive(domain);
    }

    private static void Release(RcuDomain domain, Action callback) =>
        Inside.Core(domain).QueueRelease(ManagedCallback.CreateHead(new ActionCallback(callback)));
}
