using Quiescent.Ordering;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// Under Validate, where a section records where it began and where it ended.
public sealed class SectionFailureTests
{
    // Fault caught: the watch for blocking calls, which stays in place of the thread's context.
    [Theory]
    [InlineData("Ledger")]
    [InlineData("StackWalk")]
    public void A_section_that_could_not_be_recorded_leaves_the_thread_as_it_was(string place)
    {
        using RcuDomain domain = Domains.New(validate: true);
        Worker.Run(() =>
        {
            domain.ReadLock().Dispose();
            SynchronizationContext? before = SynchronizationContext.Current;
            using (new Failures(Enum.Parse<FaultSite>(place), Failing.Every))
            {
                Assert.Throws<InsufficientMemoryException>(() => domain.ReadLock());
                Assert.Same(before, SynchronizationContext.Current);
                Assert.False(domain.IsReadLockHeld);
            }

            domain.Synchronize();
            domain.ReadLock().Dispose();
        });
    }

    // Fault caught: an exception on the way out, which leaves the section open for ever.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_section_ends_although_its_end_cannot_be_recorded(bool isInterrupted)
    {
        using RcuDomain domain = Domains.New(validate: true);
        using SrcuDomain sleepable = new(new RcuDomainOptions { Validate = true });
        Worker.Run(() =>
        {
            int left = 2;
            ReadGuard guard = domain.ReadLock();
            SrcuReadLock readLock = sleepable.ReadLock();
            FaultInjection.Decide = site => site == FaultSite.StackWalk && left-- > 0
                && (isInterrupted ? throw new ThreadInterruptedException() : true);
            try
            {
                guard.Dispose();
                readLock.Dispose();
            }
            finally
            {
                FaultInjection.Decide = null;
            }

            Assert.False(domain.IsReadLockHeld);
            Assert.Equal(0, sleepable.OpenSections);
            if (isInterrupted)
            {
                Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(0));
            }
        });
    }
}
