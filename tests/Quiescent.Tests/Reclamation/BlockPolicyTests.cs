using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public class BlockPolicyTests
{
    private const int Limit = 1_000;

    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void Above_the_limit_a_thread_waits_until_the_reader_has_left(Form form)
    {
        using RcuDomain domain = NewDomain();
        using ParkedReader reader = new(domain);
        using Worker worker = Worker.Start(() => Flood(domain, form, 2 * Limit));
        Until.True(() => worker.HasEnded || (worker.IsWaiting && Inside.Backlog(domain).IsOverLimit));
        Assert.False(worker.HasEnded);
        Assert.InRange(Forms.Waiting(domain), Limit - 128, Limit + 256);
        reader.Release();
        worker.Join();
        Assert.Equal(2 * Limit, Forms.Reclaimed(Balanced(domain)));
    }

    // Fault caught: heads and callbacks counted 128 at a time, so that a thread stops at 127 under a limit of 16.
    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void A_small_limit_is_kept_by_all_forms(Form form)
    {
        const int Small = 16;
        using RcuDomain domain =
            new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.Block, BacklogLimit = Small });
        using ParkedReader reader = new(domain);
        using Worker worker = Worker.Start(() => Flood(domain, form, 4 * Small));
        Until.True(() => worker.HasEnded || (worker.IsWaiting && Inside.Backlog(domain).IsOverLimit));
        Assert.False(worker.HasEnded);
        Assert.InRange(Forms.Waiting(domain), Small - (Small / 8), Small + (Small / 8));
        reader.Release();
        worker.Join();
        Assert.Equal(4 * Small, Forms.Reclaimed(Balanced(domain)));
    }

    [Fact]
    public void A_thread_inside_a_section_or_online_does_not_wait()
    {
        using RcuDomain domain = NewDomain();
        foreach (ParkedReaderKind kind in Enum.GetValues<ParkedReaderKind>())
        {
            Worker.Run(() =>
            {
                using RcuReader reader = domain.RegisterReader();
                if (kind == ParkedReaderKind.Online)
                {
                    reader.GoOnline();
                    Flood(domain, Form.Headless, 3 * Limit);
                    Flood(domain, Form.Head, 3 * Limit);
                    return;
                }

                using ReadGuard guard = kind == ParkedReaderKind.Registered ? reader.ReadLock() : domain.ReadLock();
                Flood(domain, Form.Headless, 3 * Limit);
                Flood(domain, Form.Head, 3 * Limit);
            });
        }

        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Waiting_threads_are_refused_when_the_domain_is_disposed_of_and_keep_their_block()
    {
        RcuDomain domain = NewDomain();
        ParkedReader reader = new(domain);
        Exception? thrown = null;
        Worker blocked = Worker.Start(() => thrown = Record.Exception(() => Flood(domain, Form.Headless, 2 * Limit)));
        Until.True(() => blocked.HasEnded || (blocked.IsWaiting && Inside.Backlog(domain).IsOverLimit));
        Worker disposer = Worker.Start(domain.Dispose);
        blocked.Join(); // although the reader is still parked
        Assert.IsType<ObjectDisposedException>(thrown);
        reader.Release();
        disposer.Join();
        RcuStatistics books = RcuAssert.BooksConsistent(domain);
        Assert.Equal(books.BlocksQueued, books.BlocksFreed);
    }

    [Fact]
    public void Several_threads_that_flood_a_small_limit_get_everything_through()
    {
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.Block, BacklogLimit = 100 });
        Worker.JoinAll(Worker.StartMany(3, thread =>
        {
            for (int i = 0; i < 6_000; i++)
            {
                Forms.Queue(domain, (Form)((i + thread) % 12));
            }
        }));
        Assert.Equal(18_000, Forms.Reclaimed(Balanced(domain)));
    }

    private static RcuDomain Balanced(RcuDomain domain)
    {
        RcuAssert.BooksBalance(domain);
        return domain;
    }

    private static void Flood(RcuDomain domain, Form form, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Forms.Queue(domain, form);
        }
    }

    private static RcuDomain NewDomain() =>
        new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.Block, BacklogLimit = Limit });
}
