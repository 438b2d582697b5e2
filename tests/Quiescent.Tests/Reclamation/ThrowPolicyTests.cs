using Quiescent.Tests.Memory;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public unsafe class ThrowPolicyTests
{
    private const int Most = 100_000;

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(5_000)]
    public void Above_the_limit_a_block_is_refused_and_stays_the_callers(int limit)
    {
        using RcuDomain domain = NewDomain(limit);
        using FlaggedBlocks blocks = new((2 * limit) + 1_000);
        int accepted = 0;
        using (new ParkedReader(domain))
        {
            Assert.Throws<RcuBacklogException>(() =>
            {
                for (; accepted < blocks.Count; accepted++)
                {
                    domain.Free<FlaggingHeap>(blocks[accepted]);
                }
            });
            Assert.InRange(accepted, limit - (limit / 8), limit + (limit / 8) + 1);
            for (int i = 0; i < 100; i++)
            {
                Assert.Throws<RcuBacklogException>(() => domain.Free<FlaggingHeap>(blocks[accepted]));
            }

            Assert.Equal(accepted, Forms.Waiting(domain));
            blocks.MustBeFreedOnce(0);
        }

        RcuAssert.BooksBalance(domain);
        blocks.MustBeFreedOnce(accepted);
        domain.Free<FlaggingHeap>(blocks[accepted]); // It works again.
        domain.Barrier();
        blocks.MustBeFreedOnce(accepted + 1);
    }

    // Fault caught: callbacks counted 128 at a time under a limit of 16.
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(16)]
    [InlineData(100)]
    [InlineData(5_000)]
    public void Above_the_limit_a_callback_is_refused(int limit)
    {
        using RcuDomain domain = NewDomain(limit);
        using (new ParkedReader(domain))
        {
            int accepted = 0;
            Assert.Throws<RcuBacklogException>(() =>
            {
                for (; accepted < Most; accepted++)
                {
                    Forms.Queue(domain, Form.Delegate);
                }
            });
            Assert.InRange(accepted, limit, limit + (limit / 8));
        }

        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void All_forms_except_those_with_a_head_are_refused_and_work_again_after_the_reader_has_left(Form form)
    {
        using RcuDomain domain = NewDomain(1_000);
        using (new ParkedReader(domain))
        {
            int accepted = 0;
            Exception? refused = Record.Exception(() =>
            {
                for (; accepted < 5_000; accepted++)
                {
                    Forms.Queue(domain, form);
                }
            });
            if (Forms.HasHead(form))
            {
                Assert.Null(refused);
            }
            else
            {
                Assert.IsType<RcuBacklogException>(refused);
                Assert.InRange(accepted, 1_000 - 128, 1_000 + 128);
            }

            Assert.Equal(accepted, Forms.Waiting(domain));
        }

        // Nobody calls a barrier: the reclaimer alone brings the backlog down.
        Until.True(() => Record.Exception(() => Forms.Queue(domain, form)) is null);
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Heads_are_exempt_and_count_for_the_others()
    {
        using RcuDomain domain = NewDomain(1_000);
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 2_000; i++)
            {
                Forms.Queue(domain, Form.Head);
                Forms.Queue(domain, Form.UserHead);
                Forms.Queue(domain, Form.Function);
            }

            Assert.Equal(6_000, Forms.Waiting(domain));
            Assert.Throws<RcuBacklogException>(() => Forms.Queue(domain, Form.Delegate));
            Assert.Throws<RcuBacklogException>(() => Forms.Queue(domain, Form.Headless));
            Assert.Throws<RcuBacklogException>(() => Forms.Queue(domain, Form.User));
            Assert.Throws<RcuBacklogException>(() => Forms.Queue(domain, Form.Bulk));
        }

        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Refusing_leaks_no_pages_and_no_handles()
    {
        using RcuDomain domain = NewDomain(100);
        WeakReference refused;
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 1_000; i++)
            {
                Record.Exception(() => Forms.Queue(domain, Form.Headless));
                Record.Exception(() => Forms.Queue(domain, Form.Bulk));
            }

            refused = Refuse(domain);
            Assert.InRange(domain.GetStatistics().PagesInUse, 1, 12);
        }

        Assert.InRange(RcuAssert.BooksBalance(domain).PagesInUse, 0, 2);
        Until.True(() =>
        {
            GC.Collect();
            return !refused.IsAlive;
        });
    }

    [Fact]
    public void It_also_refuses_inside_a_section()
    {
        using RcuDomain domain = NewDomain(100);
        using (ReadGuard guard = domain.ReadLock())
        {
            int accepted = 0;
            Assert.Throws<RcuBacklogException>(() =>
            {
                for (; accepted < Most; accepted++)
                {
                    Forms.Queue(domain, Form.Headless);
                }
            });
        }

        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Several_threads_lose_nothing_while_being_refused()
    {
        const int Threads = 3;
        const int Each = 50_000;
        using FlaggedBlocks blocks = new(Threads * Each);
        using RcuDomain domain = NewDomain(500);
        Worker.JoinAll(Worker.StartMany(Threads, thread =>
        {
            for (int i = thread * Each; i < (thread + 1) * Each; i++)
            {
                while (!TryFree(domain, blocks[i]))
                {
                    Thread.Yield();
                }
            }
        }));
        Assert.Equal(blocks.Count, RcuAssert.BooksBalance(domain).BlocksFreed);
        blocks.MustBeFreedOnce(blocks.Count);
    }

    private static bool TryFree(RcuDomain domain, FlaggedBlock* block)
    {
        try
        {
            domain.Free<FlaggingHeap>(block);
            return true;
        }
        catch (RcuBacklogException)
        {
            return false;
        }
    }

    private static WeakReference Refuse(RcuDomain domain)
    {
        object state = new();
        Assert.Throws<RcuBacklogException>(() => domain.Call(state, static _ => { }));
        return new WeakReference(state);
    }

    private static RcuDomain NewDomain(int limit) =>
        new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.Throw, BacklogLimit = limit });
}
