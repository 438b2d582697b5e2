namespace Quiescent.Testing;

/// <summary>Checks for the end of a test.</summary>
public static unsafe class RcuAssert
{
    /// <summary>
    /// Requires that the books of the domain are consistent: all that was queued is either reclaimed or waits. This
    /// holds at any time, whatever other threads do meanwhile.
    /// </summary>
    /// <param name="domain">Its statistics are read once.</param>
    /// <returns>The statistics, for further checks.</returns>
    /// <exception cref="ArgumentNullException">The domain is null.</exception>
    /// <exception cref="RcuAssertException">The books are not consistent; the message shows them.</exception>
    public static RcuStatistics BooksConsistent(GracePeriodDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        RcuStatistics books = domain.GetStatistics();
        RequireConsistent(domain, books);
        return books;
    }

    /// <summary>
    /// Waits for a barrier of the domain, then requires that the books are consistent and that nothing waits. Nobody
    /// may queue meanwhile. For a test whose callbacks fail or whose readers end inside sections on purpose; others use
    /// <see cref="BooksBalance"/>.
    /// </summary>
    /// <param name="domain">If it is stepped, it is not waited for: advance it until it is idle first.</param>
    /// <returns>The statistics, for further checks.</returns>
    /// <exception cref="ArgumentNullException">The domain is null.</exception>
    /// <exception cref="RcuAssertException">Something waits or was lost; the message shows the books.</exception>
    public static RcuStatistics AllReclaimed(GracePeriodDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (!domain.Core.IsStepped)
        {
            domain.Barrier();
        }

        RcuStatistics books = BooksConsistent(domain);
        Require(books.BlocksWaiting == 0, "blocks wait", domain, books);
        Require(books.CallbacksWaiting == 0, "callbacks wait", domain, books);
        Require(books.CallbacksPending == 0, "asynchronous callbacks are pending", domain, books);
        return books;
    }

    /// <summary>
    /// Waits for a barrier of the domain, then requires that its books balance: all that was queued has been reclaimed,
    /// once, no callback has failed, no reader was abandoned, and no sleepable section is open. Nobody may queue
    /// meanwhile.
    /// </summary>
    /// <param name="domain">If it is stepped, it is not waited for: advance it until it is idle first.</param>
    /// <returns>The statistics, for further checks.</returns>
    /// <exception cref="ArgumentNullException">The domain is null.</exception>
    /// <exception cref="RcuAssertException">The books do not balance; the message shows them.</exception>
    public static RcuStatistics BooksBalance(GracePeriodDomain domain)
    {
        RcuStatistics books = AllReclaimed(domain);
        Require(books.CallbacksFailed == 0, "callbacks failed", domain, books);
        Require(books.ReadersAbandoned == 0, "readers ended inside sections", domain, books);
        Require(books.Leaked == 0, "heads were overwritten while they waited", domain, books);
        if (domain is SrcuDomain { OpenSections: var open and not 0 })
        {
            Require(holds: false, $"{open} sections are open", domain, books);
        }

        return books;
    }

    /// <summary>Requires that the quarantine heap's block has been freed, and only once.</summary>
    /// <param name="block">A block of <see cref="QuarantineHeap"/>.</param>
    /// <exception cref="RcuAssertException">It has not, or is no block of the heap.</exception>
    public static void Freed(void* block)
    {
        if (!QuarantineHeap.IsFreed(block))
        {
            throw new RcuAssertException(
                $"The block at 0x{(nint)block:x} has not been freed, or is none of QuarantineHeap.");
        }
    }

    /// <summary>Requires that the quarantine heap's block has not been freed.</summary>
    /// <param name="block">A block of <see cref="QuarantineHeap"/>.</param>
    /// <exception cref="RcuAssertException">It has been, or is no block of the heap.</exception>
    public static void Alive(void* block)
    {
        if (!QuarantineHeap.IsAlive(block))
        {
            throw new RcuAssertException(
                $"The block at 0x{(nint)block:x} has been freed, or is none of QuarantineHeap.");
        }
    }

    /// <summary>
    /// Requires that what was recorded is linearizable: that each operation took effect at one moment between its call
    /// and its return.
    /// </summary>
    /// <typeparam name="TKey">The part of the structure that an operation is about.</typeparam>
    /// <typeparam name="TState">What is there under one key.</typeparam>
    /// <typeparam name="TCall">An operation with its arguments.</typeparam>
    /// <typeparam name="TResult">What an operation returned.</typeparam>
    /// <param name="recorder">What the threads have recorded so far.</param>
    /// <param name="specification">What the structure does when one thread uses it alone.</param>
    /// <returns>The report.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="RcuAssertException">It is not, and the message shows operations that have no order; or the
    /// check gave up.</exception>
    public static LinearizabilityReport Linearizable<TKey, TState, TCall, TResult>(
        HistoryRecorder<TCall, TResult> recorder,
        ISequentialSpecification<TKey, TState, TCall, TResult> specification)
        where TKey : notnull
        where TCall : struct
        where TResult : struct
    {
        ArgumentNullException.ThrowIfNull(recorder);
        LinearizabilityReport report = recorder.Check(specification);
        return report.Verdict == LinearizabilityVerdict.Linearizable
            ? report
            : throw new RcuAssertException(report.ToString());
    }

    /// <summary>The requirement of <see cref="BooksConsistent"/>, for any statistics.</summary>
    internal static void RequireConsistent(GracePeriodDomain domain, RcuStatistics books)
    {
        Require(
            books.BlocksWaiting >= 0 && books.BlocksQueued == books.BlocksFreed + books.BlocksWaiting,
            "blocks were lost, or freed twice", domain, books);
        Require(
            books.CallbacksWaiting >= 0 && books.CallbacksQueued == books.CallbacksInvoked + books.CallbacksWaiting,
            "callbacks were lost, or invoked twice", domain, books);
        Require(
            books.GracePeriodsStarted - books.GracePeriodsCompleted is 0 or 1,
            "grace periods were lost, or two overlap", domain, books);
        Require(
            books.ReaderSlotsInUse >= 0 && books.ReaderSlotsInUse <= books.ReaderSlots,
            "more reader slots are in use than there are", domain, books);
    }

    private static void Require(bool holds, string complaint, GracePeriodDomain domain, RcuStatistics books)
    {
        if (!holds)
        {
            throw new RcuAssertException(
                $"The books of the rcu domain '{domain.Options.Name}' do not balance: {complaint}. {books}");
        }
    }

    private static RcuAssertException Unbalanced(string complaint, GracePeriodDomain domain, RcuStatistics books) =>
        new($"The books of the rcu domain '{domain.Options.Name}' do not balance: {complaint}. {books}");
}
