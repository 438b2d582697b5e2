using Quiescent.Tests.Callbacks;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;
using Quiescent.Validate;

namespace Quiescent.Tests.Memory;

// RcuDomainOptions.Validate: a block queued twice is found before it corrupts a queue.
public unsafe class ValidateTests
{
    private const int Unknown = BlockLedger.NoDeallocator; // Whose size is not asked for: no block is there.

    [Theory]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    [InlineData(Form.Bulk)]
    public void A_block_queued_twice_throws_and_the_first_stands(Form first)
    {
        foreach (Form second in (Form[])[Form.Headless, Form.Head, Form.Bulk])
        {
            using RcuDomain domain = Domains.New(validate: true);
            void* block = Forms.NewBlock();
            using (new ParkedReader(domain))
            {
                Queue(domain, first, block);
                Assert.Throws<InvalidOperationException>(() => Queue(domain, second, block));
                Assert.Throws<InvalidOperationException>(() => Queue(domain, second, block));
                Assert.Equal(1, domain.GetStatistics().BlocksWaiting);
            }

            Assert.Equal(1, RcuAssert.BooksBalance(domain).BlocksFreed);
        }
    }

    [Fact]
    public void A_function_head_queued_twice_throws_and_the_first_stands()
    {
        using CallLog log = new();
        using RcuDomain domain = Domains.New(validate: true);
        using (new ParkedReader(domain))
        {
            RcuHead* head = log.NewHead(1);
            domain.Call(head, &CallLog.Record);
            Assert.Throws<InvalidOperationException>(() => domain.Call(head, &CallLog.Record));
        }

        domain.Barrier();
        Assert.Equal([1], log.Numbers);
    }

    [Fact]
    public void A_bulk_that_names_a_block_twice_queues_nothing()
    {
        using RcuDomain domain = Domains.New(validate: true);
        nint[] blocks = [(nint)Forms.NewBlock(), 0, (nint)Forms.NewBlock(), (nint)Forms.NewBlock()];
        Assert.Throws<InvalidOperationException>(() => domain.FreeBulk([.. blocks, blocks[2]]));
        Assert.Equal(0, domain.GetStatistics().BlocksQueued);
        domain.FreeBulk(blocks); // Nothing of the failed call is remembered.
        Assert.Equal(3, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    [Fact]
    public void A_bulk_with_a_block_that_waits_already_queues_nothing_and_forgets_nothing()
    {
        using RcuDomain domain = Domains.New(validate: true);
        nint[] blocks = [(nint)Forms.NewBlock(), (nint)Forms.NewBlock(), (nint)Forms.NewBlock()];
        using (new ParkedReader(domain))
        {
            domain.Free((void*)blocks[1]);
            Assert.Throws<InvalidOperationException>(() => domain.FreeBulk(blocks));
            Assert.Throws<InvalidOperationException>(() => domain.Free((void*)blocks[1]));
            domain.FreeBulk([blocks[0], blocks[2]]);
            Assert.Throws<InvalidOperationException>(() => domain.Free((void*)blocks[0]));
            Assert.Equal(3, domain.GetStatistics().BlocksWaiting);
        }

        Assert.Equal(3, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    // malloc gives the same few addresses out again and again. Catches a block forgotten only after it was freed.
    [Fact]
    public void An_address_that_comes_back_after_it_was_freed_is_no_false_alarm()
    {
        using RcuDomain domain = new(new RcuDomainOptions { Validate = true, ReclaimDelay = TimeSpan.Zero });
        Worker.JoinAll(Worker.StartMany(3, thread =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                Forms.Queue(domain, (Form)((i + thread) % 8));
                if (i % 1_000 == 0)
                {
                    domain.Barrier();
                }
            }
        }));
        Assert.Equal(60_000, Forms.Reclaimed(Balanced(domain)));
    }

    [Fact]
    public void A_block_that_the_backlog_policy_refused_can_be_queued_later()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            Validate = true,
            BacklogLimit = 10,
            BacklogPolicy = BacklogPolicy.Throw,
        });
        void* refused = Forms.NewBlock();
        using (new ParkedReader(domain))
        {
            Until.True(() => Record.Exception(() => Forms.Queue(domain, Form.Headless)) is RcuBacklogException);
            Assert.Throws<RcuBacklogException>(() => domain.Free(refused));
            Assert.Throws<RcuBacklogException>(() => domain.Free(refused));
            Assert.Throws<RcuBacklogException>(() => domain.FreeBulk([(nint)refused]));
        }

        domain.Barrier();
        domain.Free(refused);
        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void Every_form_is_reclaimed_under_validation(Form form)
    {
        using RcuDomain domain = Domains.New(validate: true);
        for (int i = 0; i < 1_100; i++)
        {
            Forms.Queue(domain, form);
        }

        Assert.Equal(1_100, Forms.Reclaimed(Balanced(domain)));
    }

    [Fact]
    public void The_ledger_takes_all_or_nothing()
    {
        BlockLedger ledger = new(new Quarantine(0, 0));
        Findings findings = new();
        ledger.Add(Unknown, (void*)8, findings);
        Assert.Throws<InvalidOperationException>(() => ledger.AddAll(Unknown, [16, 24, 8], findings));
        Assert.Throws<InvalidOperationException>(() => ledger.AddAll(Unknown, [16, 16], findings));
        ledger.AddAll(Unknown, [16, 0, 24, 0], findings);
        Assert.Throws<InvalidOperationException>(() => ledger.Add(Unknown, (void*)24, findings));
        ledger.Remove((void*)24);
        ledger.Add(Unknown, (void*)24, findings);
        Assert.Throws<InvalidOperationException>(() => ledger.Add(Unknown, (void*)8, findings));
    }

    private static RcuDomain Balanced(RcuDomain domain)
    {
        RcuAssert.BooksBalance(domain);
        return domain;
    }

    private static void Queue(RcuDomain domain, Form form, void* block)
    {
        switch (form)
        {
            case Form.Headless:
                domain.Free(block);
                break;
            case Form.Head:
                domain.Free(block, (RcuHead*)((nint*)block + 2));
                break;
            default:
                domain.FreeBulk([(nint)block]);
                break;
        }
    }
}
