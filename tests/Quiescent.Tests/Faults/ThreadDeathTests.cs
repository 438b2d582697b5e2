using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// Threads that end without cleaning up, in several domains at once.
public sealed class ThreadDeathTests
{
    private const int Threads = 60;

    // Faults caught: an ended thread's partial page, full pages, heads or user-deallocator queue stranded in one of its
    // domains; a section, registered reader or online state that outlasts it; a slot that no later thread gets.
    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(false)]
    [InlineData(true)]
    public void Threads_that_end_with_everything_open_leave_nothing_behind(bool validate)
    {
        RcuDomain[] domains =
            [.. Enumerable.Range(0, 3).Select(i => Domains.New(validate: validate, name: $"domain {i}"))];
        Account[] accounts = new Account[domains.Length];
        foreach (int turn in Enumerable.Range(0, domains.Length))
        {
            // One domain after the other, so that each has the counters of user code to itself; sections in all of them
            // at once.
            RcuDomain domain = domains[turn];
            Account account = accounts[turn] = new Account(domain);
            for (int i = 0; i < Threads; i++)
            {
                int pages = i % 3;
                Worker.Run(() => EndWithEverythingOpen(domains, account, pages));
            }

            domain.Barrier();
            account.MustBeCleared();
        }

        foreach (RcuDomain domain in domains)
        {
            domain.Synchronize();
            RcuStatistics books = RcuAssert.AllReclaimed(domain);

            // Two of the three kinds of leftovers hold grace periods up: a section and being online.
            Assert.Equal(2 * Threads, books.ReadersAbandoned);
            Assert.Equal(0, books.ReaderSlotsInUse - (Inside.IsRegistered(domain) ? 1 : 0));
            Assert.InRange(books.ReaderSlots, 1, 3);
            domain.Dispose();
            Assert.Equal(0, domain.GetStatistics().PagesInUse);
        }
    }

    private static void EndWithEverythingOpen(RcuDomain[] domains, Account account, int pages)
    {
        for (int i = pages * 508; i >= 0; i--)
        {
            account.TryQueue(Form.Headless);
        }

        foreach (Form form in Enum.GetValues<Form>())
        {
            account.TryQueue(form);
        }

        domains[pages].ReadLock();
        domains[(pages + 1) % 3].RegisterReader().GoOnline();
        domains[(pages + 2) % 3].RegisterReader();
    }
}
