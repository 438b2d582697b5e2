using Quiescent.Tests.Memory;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// The intrusive queue's hand-over (O10). A protocol that hands the last node over by a flag and a barrier passed
// everything else and hung within seconds here.
[Trait("Category", "Slow")]
public class HeadStressTests
{
    private const int Threads = 4;
    private const int Bursts = 1_500;
    private const int MostInBurst = 300;

    [Theory]
    [InlineData(Form.Head, 0)]
    [InlineData(Form.Head, 1)]
    [InlineData(Form.UserHead, 0)]
    [InlineData(Form.Function, 0)]
    public void Heads_freed_in_bursts_and_pauses_by_four_threads_are_all_reclaimed(Form form, int delay)
    {
        // Not disposed of when the test fails: that would wait for the stuck item.
        RcuDomain domain = new(new RcuDomainOptions
        {
            ReclaimDelay = TimeSpan.FromMilliseconds(delay),
            BacklogLimit = 100_000,
        });
        long queued = 0;
        long strays = CountingHeap.Strays;
        Worker.JoinAll(Worker.StartMany(Threads, thread =>
        {
            Random random = new(thread);
            for (int burst = 0; burst < Bursts; burst++)
            {
                int count = random.Next(3) == 0 ? 1 : random.Next(MostInBurst);
                for (int i = 0; i < count; i++)
                {
                    Forms.Queue(domain, form);
                }

                Interlocked.Add(ref queued, count);
                Thread.SpinWait(random.Next(20_000));
                if (random.Next(60) == 0)
                {
                    domain.Barrier();
                }
            }
        }));

        // No barrier first: it would heal a reclaimer that sleeps over waiting heads.
        Until.True(() => Forms.Reclaimed(domain) == queued);
        RcuAssert.BooksBalance(domain);
        Assert.Equal(queued, Forms.Queued(domain));
        Assert.Equal(strays, CountingHeap.Strays);
        Assert.Equal(0, Inside.Backlog(domain).Items.Count);
        domain.Dispose();
    }
}
