using System.Runtime.InteropServices;
using Quiescent.Tests.Memory;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public unsafe class FreeTests
{
    private const int MaxOffset = 4095;
    private const int LargeBlock = (MaxOffset * 8) + 16;

    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void Items_queued_under_a_parked_reader_wait_for_it(Form form)
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        for (int i = 0; i < 600; i++)
        {
            Forms.Queue(domain, form);
        }

        GracePeriodState state = domain.StartPoll();
        Until.True(() => domain.GetStatistics().GracePeriodsStarted > 0);
        Assert.Equal(0, Forms.Reclaimed(domain));
        Assert.False(domain.Poll(state));
        reader.Release();
        Until.True(() => Forms.Reclaimed(domain) == 600);
        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2000)]
    [InlineData(MaxOffset)]
    public void A_head_may_lie_in_the_first_4096_words_of_its_block(int offset)
    {
        using RcuDomain domain = Domains.New();
        for (int i = 0; i < 300; i++)
        {
            nint* block = (nint*)Forms.NewBlock(LargeBlock);
            domain.Free(block, (RcuHead*)(block + offset));
            nint* aligned = (nint*)NativeMemory.AlignedAlloc(LargeBlock, 256);
            domain.Free<AlignedNativeHeap>(aligned, (RcuHead*)(aligned + offset));
            nint* user = (nint*)Forms.NewBlock(LargeBlock);
            domain.Free<CountingHeap>(user, (RcuHead*)(user + offset));
        }

        // A wrong block address ends the process in the allocator.
        Assert.Equal(900, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    [Theory]
    [InlineData((MaxOffset + 1) * 8)]
    [InlineData(-8)]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData((MaxOffset * 8) - 4)]
    [InlineData(int.MaxValue)]
    public void A_head_elsewhere_throws_and_queues_nothing(int bytes)
    {
        using RcuDomain domain = Domains.New();
        byte* block = (byte*)Forms.NewBlock(LargeBlock);
        RcuHead* head = (RcuHead*)(block + bytes);
        Assert.Throws<ArgumentOutOfRangeException>("head", () => domain.Free(block, head));
        Assert.Throws<ArgumentOutOfRangeException>("head", () => domain.Free<AlignedNativeHeap>(block, head));
        Assert.Throws<ArgumentOutOfRangeException>("head", () => domain.Free<CountingHeap>(block, head));
        Assert.Throws<ArgumentOutOfRangeException>("head", () => Rcu.Free(block, head));
        NativeMemory.Free(block);
        Assert.Equal(0, Forms.Queued(domain));
        Assert.Null(Inside.ReclaimerThread(domain));
    }

    [Fact]
    public void A_null_block_is_ignored_without_a_head_and_refused_with_one()
    {
        using RcuDomain domain = Domains.New();
        RcuHead head = default;
        RcuHead* pointer = &head;
        domain.Free(null);
        domain.Free<AlignedNativeHeap>(null);
        domain.Free<CountingHeap>(null);
        Rcu.Free(null);
        Assert.Throws<ArgumentNullException>("block", () => domain.Free(null, pointer));
        Assert.Throws<ArgumentNullException>("block", () => domain.Free<CountingHeap>(null, pointer));
        Assert.Throws<ArgumentNullException>("head", () => domain.Free(pointer, null));
        Assert.Throws<ArgumentNullException>("head", () => domain.Free<CountingHeap>(pointer, null));
        Assert.Throws<ArgumentNullException>("block", () => Rcu.Free(null, pointer));
        Assert.Throws<ArgumentNullException>("head", () => Rcu.Free(pointer, null));
        Assert.Equal(0, Forms.Queued(domain));
        Assert.Null(Inside.ReclaimerThread(domain));
    }

    [Fact]
    public void Hundreds_of_thousands_of_blocks_are_freed_without_a_head()
    {
        int count = ValidateForAll.Amount(400_000);
        using RcuDomain domain = Domains.New();
        for (int i = 0; i < count; i++)
        {
            domain.Free(Forms.NewBlock(16));
        }

        Assert.Equal(count, RcuAssert.BooksBalance(domain).BlocksFreed);
        Assert.Equal(0, Inside.Backlog(domain).Items.Count);
    }

    // A thread that fills pages frees its own blocks: it needs neither the reclaimer nor a pause.
    [Fact]
    public void A_thread_that_goes_on_freeing_has_its_oldest_blocks_freed_meanwhile()
    {
        const int Most = 20_000_000;
        using RcuDomain domain = new(new RcuDomainOptions
        {
            ReclaimDelay = TimeSpan.FromMinutes(1),
            BacklogPolicy = BacklogPolicy.None,
        });
        int queued = 0;
        while (queued < Most && (queued % 1000 != 0 || domain.GetStatistics().BlocksFreed == 0))
        {
            domain.Free(Forms.NewBlock(16));
            queued++;
        }

        Assert.True(queued < Most, $"Nothing was freed while {Most} blocks were being queued.");
        Worker.Run(domain.Barrier);
        Assert.Equal(queued, domain.GetStatistics().BlocksFreed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(507)]
    [InlineData(508)]
    [InlineData(509)]
    [InlineData(1017)]
    public void Blocks_left_by_an_idle_thread_are_freed_without_further_calls(int count)
    {
        using RcuDomain domain = Domains.New();
        using ManualResetEventSlim queued = new();
        using ManualResetEventSlim end = new();
        using Worker worker = Worker.Start(() =>
        {
            for (int i = 0; i < count; i++)
            {
                domain.Free(Forms.NewBlock());
                domain.Free<AlignedNativeHeap>(NativeMemory.AlignedAlloc(16, 16));
                Forms.Queue(domain, Form.Head);
            }

            queued.Set();
            end.Wait();
        });
        Until.Set(queued);
        Until.True(() => domain.GetStatistics().BlocksFreed == 3 * count);
        end.Set();
    }

    [Fact]
    public void The_default_domain_frees_every_form()
    {
        long before = Rcu.GetStatistics().BlocksFreed;
        for (int i = 0; i < 1_000; i++)
        {
            Rcu.Free(Forms.NewBlock());
            nint* block = (nint*)Forms.NewBlock();
            Rcu.Free(block, (RcuHead*)(block + 3));
            Rcu.FreeBulk([(nint)Forms.NewBlock(), 0, (nint)Forms.NewBlock()]);
            Rcu.Free<CountingHeap>(Forms.NewBlock());
            block = (nint*)Forms.NewBlock();
            Rcu.Free<CountingHeap>(block, (RcuHead*)(block + 1));
        }

        Rcu.Barrier();
        Assert.Equal(before + 6_000, Rcu.GetStatistics().BlocksFreed);
    }

    [Fact]
    public void A_pending_interrupt_stays_pending_and_disturbs_no_free()
    {
        // The first item starts the reclaimer; later ones wake it, fill pages and are throttled.
        Worker.Run(() =>
        {
            BacklogPolicy[] policies = [BacklogPolicy.Throttle, BacklogPolicy.Block, BacklogPolicy.None];
            foreach (BacklogPolicy policy in policies)
            {
                using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = policy, BacklogLimit = 100 });
                Thread.CurrentThread.Interrupt();
                for (int i = 0; i < 1_000; i++)
                {
                    Forms.Queue(domain, (Form)(i % 12));
                }

                Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(0));
                RcuAssert.BooksBalance(domain);
            }
        });
    }
}
