using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// O9's handshake, flag and barrier and second look, at its seam: appends that meet the reclaimer on its way to sleep. A
// wake-up that is lost once is healed by the next append, so each round ends with a look at whether everything was
// carried out.
[Trait("Category", "Slow")]
public class WakeUpStressTests
{
    private const int Threads = 3;

    [Theory]
    [InlineData(0, 4_000)]
    [InlineData(1, 400)]
    public void No_single_item_is_left_behind_by_a_reclaimer_that_goes_to_sleep(int delay, int rounds)
    {
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMilliseconds(delay) });
        using Barrier step = new(Threads + 1);
        Worker[] workers = Worker.StartMany(Threads, thread =>
        {
            Random random = new(thread);
            for (int round = 0; round < rounds; round++)
            {
                Assert.True(step.SignalAndWait(Until.Bound, TestContext.Current.CancellationToken));
                int items = random.Next(4);
                for (int i = 0; i < items; i++)
                {
                    Thread.SpinWait(random.Next(4_000)); // about as long as a pass takes
                    Forms.Queue(domain, (Form)random.Next(12));
                }

                Assert.True(step.SignalAndWait(Until.Bound, TestContext.Current.CancellationToken));
            }
        });
        for (int round = 0; round < rounds; round++)
        {
            Assert.True(step.SignalAndWait(Until.Bound, TestContext.Current.CancellationToken));
            Assert.True(step.SignalAndWait(Until.Bound, TestContext.Current.CancellationToken));
            Until.True(() => Forms.Waiting(domain) == 0);
        }

        Worker.JoinAll(workers);
        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_million_single_frees_with_pauses_are_all_reclaimed(int delay)
    {
        int each = ValidateForAll.Amount(400_000);
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMilliseconds(delay) });
        Worker.JoinAll(Worker.StartMany(Threads, thread =>
        {
            Random random = new(thread);
            for (int left = each; left > 0;)
            {
                int burst = Math.Min(left, random.Next(1, 2_000));
                for (int i = 0; i < burst; i++)
                {
                    Free(domain);
                }

                left -= burst;
                if (random.Next(8) == 0)
                {
                    // A pause that lets the reclaimer fall asleep, unless others keep it awake.
                    SpinWait.SpinUntil(() => Inside.IsIdle(domain), millisecondsTimeout: 2);
                }
                else
                {
                    Thread.SpinWait(random.Next(3_000));
                }
            }
        }));
        Until.True(() => Forms.Reclaimed(domain) == Threads * each);
        Until.True(() => Inside.IsIdle(domain));
        RcuAssert.BooksBalance(domain);
    }

    private static unsafe void Free(RcuDomain domain) => domain.Free(Forms.NewBlock(16));
}
