using System.Runtime.InteropServices;

namespace Quiescent.Testing.Tests;

// The busted user code that each check catches.
public sealed unsafe class RcuAssertTests : IDisposable
{
    private readonly RcuDomain _domain = new(new RcuDomainOptions { Name = "checked" });

    public void Dispose()
    {
        _domain.Dispose();
        QuarantineHeap.Empty();
    }

    [Fact]
    public void The_statistics_balance_after_blocks_and_callbacks()
    {
        int calls = 0;
        _domain.Free<QuarantineHeap>(QuarantineHeap.New(1L));
        _domain.Call(() => calls++);
        RcuStatistics books = RcuAssert.BooksBalance(_domain);
        Assert.Equal((1, 1, 1), (books.BlocksFreed, books.CallbacksInvoked, calls));
    }

    [Fact]
    public void Freeing_without_a_grace_period_is_seen_under_a_parked_reader()
    {
        long* block = QuarantineHeap.New(1L);
        RcuPointer<long> pointer = default;
        pointer.Assign(block);
        using ParkedReader reader = new(_domain);
        QuarantineHeap.Free(pointer.Exchange(null)); // In place of _domain.Free.
        Assert.Throws<RcuAssertException>(() => RcuAssert.Alive(block));
    }

    [Fact]
    public void A_block_that_was_never_handed_over_is_seen()
    {
        long* block = QuarantineHeap.New(1L);
        RcuAssert.BooksBalance(_domain);
        Assert.Throws<RcuAssertException>(() => RcuAssert.Freed(block));
        QuarantineHeap.Free(block);
    }

    [Fact]
    public void A_failed_callback_is_seen()
    {
        using MisuseRecorder reports = new(_domain);
        _domain.Call(() => throw new InvalidDataException("busted"));
        RcuAssertException found = Assert.Throws<RcuAssertException>(() => RcuAssert.BooksBalance(_domain));
        Assert.Contains("'checked'", found.Message, StringComparison.Ordinal);
        Assert.Contains(
            "busted", Assert.Throws<RcuAssertException>(reports.AssertNone).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guard_that_is_never_left_is_seen_once_its_thread_has_ended()
    {
        using MisuseRecorder reports = new(_domain);
        Thread busted = new(() => _domain.ReadLock()) { Name = "leaver" };
        busted.Start();
        busted.Join();

        // The operating system ends the thread some time after Join has returned.
        Assert.True(SpinWait.SpinUntil(
            () => _domain.GetStatistics().ReadersAbandoned != 0, TimeSpan.FromSeconds(60)));
        Assert.Throws<RcuAssertException>(() => RcuAssert.BooksBalance(_domain));
        Assert.Contains(
            "leaver", Assert.Throws<RcuAssertException>(reports.AssertNone).Message, StringComparison.Ordinal);
    }

    // Validate finds it, the recorder records it, and the statistics show that the block is lost.
    [Fact]
    public void A_head_overwritten_while_it_waits_is_seen()
    {
        using RcuDomain domain = new(new RcuDomainOptions { Validate = true });
        using MisuseRecorder reports = new(domain);
        RcuHead* block = (RcuHead*)NativeMemory.AllocZeroed((nuint)sizeof(RcuHead));
        using (new ParkedReader(domain))
        {
            domain.Free(block, block);
            new Span<byte>(block, sizeof(RcuHead)).Fill(0x11);
        }

        Assert.Contains(
            "overwritten",
            Assert.Throws<RcuAssertException>(() => RcuAssert.BooksBalance(domain)).Message,
            StringComparison.Ordinal);

        // The reclaimer found it too, perhaps first, and is then about to report it.
        Assert.True(SpinWait.SpinUntil(() => reports.Reports.Count != 0, TimeSpan.FromSeconds(60)));
        Assert.Single(reports.Reports.OfType<MisuseEventArgs>());
        Assert.Throws<RcuAssertException>(reports.AssertNone);
        NativeMemory.Free(block);
    }

    [Fact]
    public void A_sleepable_section_that_is_still_open_is_seen()
    {
        using SrcuDomain domain = new();
        SrcuReadLock section = domain.ReadLock();
        Assert.Throws<RcuAssertException>(() => RcuAssert.BooksBalance(domain));
        section.Dispose();
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Items_that_still_wait_in_a_stepped_domain_are_seen()
    {
        using GracePeriodStepper stepper = new(_domain);
        _domain.Free<QuarantineHeap>(QuarantineHeap.New(1L));
        Assert.Throws<RcuAssertException>(() => RcuAssert.BooksBalance(_domain));
        stepper.AdvanceUntilIdle();
        RcuAssert.BooksBalance(_domain);
    }

    [Fact]
    public void Books_are_consistent_while_blocks_and_callbacks_wait()
    {
        using GracePeriodStepper stepper = new(_domain);
        _domain.Free<QuarantineHeap>(QuarantineHeap.New(1L));
        _domain.Call(() => { });
        RcuStatistics books = RcuAssert.BooksConsistent(_domain);
        Assert.Equal((1, 1), (books.BlocksWaiting, books.CallbacksWaiting));
        Assert.Throws<RcuAssertException>(() => RcuAssert.AllReclaimed(_domain));
        Assert.True(stepper.AdvanceUntilIdle());
        RcuAssert.AllReclaimed(_domain);
    }

    [Fact]
    public void All_is_reclaimed_also_where_a_callback_failed()
    {
        _domain.Call(() => throw new InvalidDataException("busted"));
        Assert.Equal(1, RcuAssert.AllReclaimed(_domain).CallbacksFailed);
        Assert.Throws<RcuAssertException>(() => RcuAssert.BooksBalance(_domain));
    }

    // Faults caught: a check that no broken books fail. Such books are made up here, as no domain keeps them.
    [Fact]
    public void Books_that_are_not_consistent_are_seen()
    {
        RcuStatistics sound = new()
        {
            BlocksQueued = 5,
            BlocksFreed = 3,
            BlocksWaiting = 2,
            CallbacksQueued = 4,
            CallbacksInvoked = 1,
            CallbacksWaiting = 3,
            GracePeriodsStarted = 2,
            GracePeriodsCompleted = 1,
            ReaderSlots = 1,
            ReaderSlotsInUse = 1,
        };
        RcuAssert.RequireConsistent(_domain, sound);
        Assert.All(
            new RcuStatistics[]
            {
                sound with { BlocksFreed = 2 },
                sound with { BlocksFreed = 6, BlocksWaiting = -1 },
                sound with { CallbacksInvoked = 2 },
                sound with { CallbacksInvoked = 5, CallbacksWaiting = -1 },
                sound with { GracePeriodsCompleted = 3 },
                sound with { GracePeriodsStarted = 3 },
                sound with { ReaderSlotsInUse = 2 },
            },
            broken => Assert.Throws<RcuAssertException>(() => RcuAssert.RequireConsistent(_domain, broken)));
    }
}
