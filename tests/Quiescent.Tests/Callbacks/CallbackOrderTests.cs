using Quiescent.Tests.Support;

namespace Quiescent.Tests.Callbacks;

public sealed unsafe class CallbackOrderTests : IDisposable
{
    private const int Count = 30_000;

    private readonly CallLog _log = new();

    public void Dispose() => _log.Dispose();

    // Faults caught: a chain that is not reversed, batches that overtake one another, and forms queued apart.
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(256)]
    [InlineData(int.MaxValue)]
    public void Items_of_a_thread_run_in_the_order_they_were_queued_whatever_their_form(int batchLimit)
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            CallbackBatchLimit = batchLimit,
            BacklogPolicy = BacklogPolicy.None,
        });
        int count = batchLimit == 1 ? Count / 10 : Count;
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < count / 2; i++)
            {
                Queue(domain, i);
            }
        }

        // The second half is queued while the first is being run.
        for (int i = count / 2; i < count; i++)
        {
            Queue(domain, i);
        }

        domain.Barrier();
        Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), _log.Numbers);
        Assert.Equal(0, _log.Strays);
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Each_of_several_threads_sees_its_own_order()
    {
        const int Threads = 4;
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.Zero });
        Worker.JoinAll(Worker.StartMany(Threads, thread =>
        {
            for (int i = 0; i < Count / 4; i++)
            {
                Queue(domain, ((long)thread << 32) + i);
            }
        }));
        domain.Barrier();
        for (int thread = 0; thread < Threads; thread++)
        {
            Assert.Equal(
                Enumerable.Range(0, Count / 4).Select(i => (long)i),
                _log.Numbers.Where(number => number >> 32 == thread).Select(number => number & uint.MaxValue));
        }
    }

    [Fact]
    public void The_order_holds_from_an_ended_thread_to_the_one_that_takes_its_slot()
    {
        using RcuDomain domain = Domains.New();
        for (int thread = 0; thread < 20; thread++)
        {
            int first = thread * 10;
            Worker.Run(() =>
            {
                for (int i = 0; i < 10; i++)
                {
                    Queue(domain, first + i);
                }
            });
        }

        Assert.Equal(1, domain.GetStatistics().ReaderSlots);
        domain.Barrier();
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), _log.Numbers);
    }

    private void Queue(RcuDomain domain, long number)
    {
        switch (number % 3)
        {
            case 0:
                domain.Call(_log.NewHead(number), &CallLog.Record);
                break;
            case 1:
                domain.Call(() => _log.Add(number));
                break;
            default:
                domain.Call(number, _log.Add);
                break;
        }
    }
}
