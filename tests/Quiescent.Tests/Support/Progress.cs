namespace Quiescent.Tests.Support;

// Whether grace periods pass. "Not" is shown by attempts that fail, never by waiting a while.
internal static class Progress
{
    private const int Attempts = 3;

    /// <summary>A grace period can neither end nor be made to end now. May be called inside a section.</summary>
    public static void MustBeHeldUp(RcuDomain domain)
    {
        GracePeriodState state = domain.GetState();
        for (int i = 0; i < Attempts; i++)
        {
            // Tries to advance once, before it leaves the rest to the reclaimer.
            Assert.False(domain.SynchronizeAsync().AsTask().IsCompleted, "A grace period passed in spite of a reader.");
        }

        Assert.False(domain.Poll(state), "A grace period passed in spite of a reader.");
    }

    /// <summary>A grace period passes, whatever this thread is doing.</summary>
    public static void MustBePossible(RcuDomain domain)
    {
        GracePeriodState state = domain.GetState();
        Worker.Run(domain.Synchronize, "synchronizer");
        Assert.True(domain.Poll(state));
    }

    /// <summary>Starts a thread that synchronizes, and returns when its grace period has started and it
    /// waits.</summary>
    public static Worker StartSynchronize(RcuDomain domain)
    {
        long before = domain.GetStatistics().GracePeriodsStarted;
        Worker worker = Worker.Start(domain.Synchronize, "synchronizer");
        Until.True(() => domain.GetStatistics().GracePeriodsStarted > before && worker.IsWaiting);
        return worker;
    }
}
