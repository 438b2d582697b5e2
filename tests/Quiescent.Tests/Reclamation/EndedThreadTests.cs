using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public unsafe class EndedThreadTests
{
    // Nobody else calls anything: the reclaimer alone must find what an ended thread left.
    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void Items_that_a_thread_queued_before_it_ended_are_reclaimed(Form form)
    {
        using RcuDomain domain = Domains.New();
        Worker.Run(() =>
        {
            for (int i = 0; i < 700; i++)
            {
                Forms.Queue(domain, form);
            }
        });
        Until.True(() => Forms.Reclaimed(domain) == 700);
        Until.True(() => Inside.IsIdle(domain));
    }

    [Fact]
    public void A_new_thread_takes_the_slot_of_an_ended_one_and_goes_on()
    {
        using RcuDomain domain = Domains.New();
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 40; i++)
            {
                Worker.Run(() =>
                {
                    // 11 x 37 blocks and a few: pages fill across threads.
                    for (int k = 0; k < 37; k++)
                    {
                        Forms.QueueAll(domain);
                    }
                });
            }

            RcuStatistics books = domain.GetStatistics();
            Assert.Equal(2, books.ReaderSlots);
            Assert.Equal(1, books.ReaderSlotsInUse);
            Assert.Equal(40 * 37 * 7, books.BlocksWaiting);
            Assert.Equal(40 * 37 * 5, books.CallbacksWaiting);

            // One thread's three queues of pages, not forty threads'.
            Assert.InRange(books.PagesInUse, 1, 12);
        }

        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void A_barrier_covers_idle_and_busy_and_ended_threads()
    {
        using RcuDomain domain = new(new RcuDomainOptions { BacklogLimit = 20_000 });
        using ManualResetEventSlim end = new();
        bool stop = false;
        int ran = 0;
        void QueueAll()
        {
            domain.Call(() => Interlocked.Increment(ref ran));
            Forms.QueueAll(domain);
        }

        Worker busy = Worker.Start(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                Forms.QueueAll(domain);
            }
        });
        for (int round = 1; round <= 20; round++)
        {
            Worker.Run(QueueAll);
            using CountdownEvent queued = new(3);
            end.Reset();
            Worker[] idle = Worker.StartMany(3, _ =>
            {
                QueueAll();
                queued.Signal();
                end.Wait();
            });
            Until.True(() => queued.IsSet);
            Worker.Run(domain.Barrier);
            Assert.Equal(4 * round, Volatile.Read(ref ran));
            end.Set();
            Worker.JoinAll(idle);
        }

        Volatile.Write(ref stop, true);
        busy.Join();
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Hundreds_of_threads_that_each_leave_a_little_lose_nothing()
    {
        const int Threads = 400;
        using RcuDomain domain = Domains.New();
        for (int i = 0; i < Threads; i += 8)
        {
            Worker.JoinAll(Worker.StartMany(8, _ => Forms.QueueAll(domain)));
        }

        Until.True(() => Forms.Reclaimed(domain) == Threads * 12);
        // Eight at a time, and the reclaimer if it had registered.
        Assert.InRange(domain.GetStatistics().ReaderSlots, 1, 9);
    }
}
