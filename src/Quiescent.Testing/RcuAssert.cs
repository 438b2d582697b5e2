namespace Quiescent.Testing;

/// <summary>Checks for the end of a test.</summary>
public static unsafe class RcuAssert
{
    /// <summary>
    /// Waits for a barrier of the domain, then requires that its books balance: everything queued has been reclaimed
    /// once, no callback has failed, and no reader was abandoned. Nobody may queue meanwhile.
    /// </summary>
    /// <param name="domain">The domain.</param>
    /// <returns>The statistics, for further checks.</returns>
    /// <exception cref="ArgumentNullException">The domain is null.</exception>
    /// <exception cref="RcuAssertException">The books do not balance; the message shows them.</exception>
    /// <remarks>It does not wait for a stepped domain: advance that until it is idle first.</remarks>
    public static RcuStatistics BooksBalance(GracePeriodDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (!domain.Core.IsStepped)
        {
            domain.Barrier();
        }

        RcuStatistics books = domain.GetStatistics();
        bool isEachFreed = books.BlocksWaiting == 0 && books.BlocksQueued == books.BlocksFreed;
        Require(isEachFreed, "blocks wait or were lost", domain, books);
        bool isEachInvoked = books.CallbacksWaiting == 0 && books.CallbacksQueued == books.CallbacksInvoked;
        Require(isEachInvoked, "callbacks wait or were lost", domain, books);
        Require(books.CallbacksFailed == 0, "callbacks failed", domain, books);
        Require(books.ReadersAbandoned == 0, "readers ended inside sections", domain, books);
        Require(books.Leaked == 0, "heads were overwritten while they waited", domain, books);
        if (domain is SrcuDomain { OpenSections: var open and not 0 })
        {
            throw Unbalanced($"{open} sections are open", domain, books);
        }

        return books;
    }

    /// <summary>Requires that the quarantine heap's block has been freed, and only once.</summary>
    /// <param name="block">A block from the matching allocator.</param>
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
    /// <param name="block">A block from the matching allocator.</param>
    /// <exception cref="RcuAssertException">It has been, or is no block of the heap.</exception>
    public static void Alive(void* block)
    {
        if (!QuarantineHeap.IsAlive(block))
        {
            throw new RcuAssertException(
                $"The block at 0x{(nint)block:x} has been freed, or is none of QuarantineHeap.");
        }
    }

    private static void Require(bool holds, string complaint, GracePeriodDomain domain, RcuStatistics books)
    {
        if (!holds)
        {
            throw Unbalanced(complaint, domain, books);
        }
    }

    private static RcuAssertException Unbalanced(string complaint, GracePeriodDomain domain, RcuStatistics books) =>
        new($"The books of the rcu domain '{domain.Options.Name}' do not balance: {complaint}. {books}");
}
