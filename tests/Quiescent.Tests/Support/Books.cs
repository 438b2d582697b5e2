namespace Quiescent.Tests.Support;

// The bookkeeping that every test which queues ends with: queued = carried out + waiting, exactly.
internal static class Books
{
    /// <summary>Holds at any time, whatever other threads do.</summary>
    public static RcuStatistics MustBeConsistent(GracePeriodDomain domain)
    {
        RcuStatistics books = domain.GetStatistics();
        Assert.Equal(books.BlocksQueued, books.BlocksFreed + books.BlocksWaiting);
        Assert.Equal(books.CallbacksQueued, books.CallbacksInvoked + books.CallbacksWaiting);
        Assert.True(books.BlocksWaiting >= 0, $"{books}");
        Assert.True(books.CallbacksWaiting >= 0, $"{books}");
        Assert.InRange(books.GracePeriodsStarted - books.GracePeriodsCompleted, 0, 1);
        Assert.InRange(books.ReaderSlotsInUse, 0, books.ReaderSlots);
        return books;
    }

    /// <summary>After a barrier, with nobody queueing meanwhile, all that was queued has been carried out.</summary>
    public static RcuStatistics MustBalance(GracePeriodDomain domain)
    {
        domain.Barrier();
        RcuStatistics books = MustBeConsistent(domain);
        Assert.Equal(books.BlocksQueued, books.BlocksFreed);
        Assert.Equal(0, books.BlocksWaiting);
        Assert.Equal(books.CallbacksQueued, books.CallbacksInvoked);
        Assert.Equal(0, books.CallbacksWaiting);
        return books;
    }
}
