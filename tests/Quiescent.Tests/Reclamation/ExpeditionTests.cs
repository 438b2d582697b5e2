using System.Runtime.InteropServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// What must get under way although nobody calls a barrier.
public sealed unsafe class ExpeditionTests
{
    private const int Limit = 1_000;

    // Counts apart from a domain: heads within one pass, blocks within a page.
    private const int Uncounted = Limit / 8;

    // Fails when the reclaimer sleeps through ReclaimDelay, or drives no grace period, while more waits than the limit
    // allows.
    [Theory]
    [InlineData(Form.User, BacklogPolicy.None)]
    [InlineData(Form.User, BacklogPolicy.Throttle)]
    [InlineData(Form.UserHead, BacklogPolicy.None)]
    [InlineData(Form.UserHead, BacklogPolicy.Throttle)]
    [InlineData(Form.Function, BacklogPolicy.None)]
    [InlineData(Form.Function, BacklogPolicy.Throttle)]
    [InlineData(Form.Disposable, BacklogPolicy.None)]
    public void Items_beyond_the_limit_are_reclaimed_without_gathering_a_batch(Form form, BacklogPolicy policy)
    {
        using RcuDomain domain = NewDomain(policy);
        for (int i = 0; i < 5 * Limit; i++)
        {
            Forms.Queue(domain, form);
        }

        MustFallBelowTheLimit(domain);
    }

    // Fails when only the queueing thread heeds the limit, so that nobody expedites once it has stopped.
    [Theory]
    [InlineData(Form.User)]
    [InlineData(Form.UserHead)]
    [InlineData(Form.Function)]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    public void Items_that_a_reader_held_up_beyond_the_limit_are_reclaimed_once_it_leaves(Form form)
    {
        using RcuDomain domain = NewDomain(BacklogPolicy.None);
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 5 * Limit; i++)
            {
                Forms.Queue(domain, form);
            }

            Assert.Equal(5 * Limit, Forms.Waiting(domain));
        }

        MustFallBelowTheLimit(domain);
    }

    // Only the reclaimer frees these (O8). Fails when it leaves a queue to an owner that goes on filling pages: no
    // grace period was driven before the backlog limit.
    [Fact]
    public void A_flood_for_a_user_deallocator_drives_grace_periods_and_drains_by_itself()
    {
        int count = ValidateForAll.Amount(200_000);
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });
        for (int i = 0; i < count; i++)
        {
            domain.Free<FreeingHeap>(NativeMemory.Alloc(16));
        }

        long completed = domain.GetStatistics().GracePeriodsCompleted;
        Until.True(() => domain.GetStatistics().BlocksWaiting == 0);
        Assert.Equal(count, domain.GetStatistics().BlocksFreed);
        Assert.NotEqual(0, completed);
    }

    // Fails when a bulk larger than the limit, which is taken because nothing else can be done, is taken on top of
    // waiting items.
    [Fact]
    public void A_bulk_larger_than_the_limit_is_refused_while_other_blocks_wait_and_taken_when_they_are_gone()
    {
        using RcuDomain domain = NewDomain(BacklogPolicy.Throw);
        nint[] blocks = new nint[2 * Limit];
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = (nint)Forms.NewBlock();
        }

        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 3 * Uncounted; i++)
            {
                Forms.Queue(domain, Form.Headless);
            }

            Assert.Throws<RcuBacklogException>(() => domain.FreeBulk(blocks));
            Assert.Equal(3 * Uncounted, Forms.Waiting(domain));
        }

        RcuAssert.BooksBalance(domain);
        domain.FreeBulk(blocks);
        Assert.Equal((3 * Uncounted) + blocks.Length, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    // The bound is half the delay, so that a batch that is still gathered shows.
    private static void MustFallBelowTheLimit(RcuDomain domain)
    {
        bool hasFallen =
            SpinWait.SpinUntil(() => Forms.Waiting(domain) <= Limit + Uncounted + 3, domain.Options.ReclaimDelay / 2);
        Assert.True(hasFallen, $"{Forms.Waiting(domain)} items still wait for a batch to be gathered.");
    }

    private static RcuDomain NewDomain(BacklogPolicy policy) => new(new RcuDomainOptions
    {
        BacklogPolicy = policy,
        BacklogLimit = Limit,
        ReclaimDelay = TimeSpan.FromMinutes(1),
    });

    private readonly struct FreeingHeap : INativeDeallocator
    {
        public static void Free(void* block) => NativeMemory.Free(block);
    }
}
