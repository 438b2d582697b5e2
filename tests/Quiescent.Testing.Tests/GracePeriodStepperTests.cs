using System.Runtime.InteropServices;

namespace Quiescent.Testing.Tests;

public sealed unsafe class GracePeriodStepperTests : IDisposable
{
    private readonly RcuDomain _domain = new(new RcuDomainOptions { Name = "stepped" });

    public void Dispose()
    {
        _domain.Dispose();
        QuarantineHeap.Empty();
    }

    [Fact]
    public void Nothing_is_freed_without_a_step()
    {
        using GracePeriodStepper stepper = new(_domain);
        long* block = QuarantineHeap.New(1L);
        _domain.Free<QuarantineHeap>(block);
        Assert.False(stepper.Reclaim());
        RcuAssert.Alive(block);
        Assert.True(stepper.TryAdvance());
        RcuAssert.Alive(block);
        Assert.True(stepper.Reclaim());
        RcuAssert.Freed(block);
        RcuAssert.BooksBalance(_domain);
    }

    [Fact]
    public void A_grace_period_does_not_end_under_a_parked_reader()
    {
        using GracePeriodStepper stepper = new(_domain);
        using ParkedReader reader = new(_domain);
        long* block = QuarantineHeap.New(1L);
        _domain.Free<QuarantineHeap>(block);
        Assert.False(stepper.TryAdvance());
        Assert.False(stepper.AdvanceUntilIdle());
        RcuAssert.Alive(block);
        reader.Release();
        Assert.True(stepper.AdvanceUntilIdle());
        RcuAssert.Freed(block);
    }

    // Fault caught: what a callback queued during a step waits for ever once the stepping has ended.
    [Fact]
    public void What_a_step_queued_is_served_after_the_last_one()
    {
        int ran = 0;
        using (GracePeriodStepper stepper = new(_domain))
        {
            _domain.Call(() => _domain.Call(() => ran++));
            Assert.True(stepper.TryAdvance());
            Assert.True(stepper.Reclaim());
        }

        _domain.Barrier();
        Assert.Equal(1, ran);
    }

    [Fact]
    public void A_sleepable_domain_is_stepped_alike()
    {
        using SrcuDomain domain = new();
        using GracePeriodStepper stepper = new(domain);
        using ParkedReader reader = new(domain);
        long* block = QuarantineHeap.New(1L);
        domain.Free<QuarantineHeap>(block);
        Assert.False(stepper.TryAdvance());
        reader.Release();
        Assert.True(stepper.AdvanceUntilIdle());
        RcuAssert.Freed(block);
    }

    // At a page's end its owner frees expired blocks; none has expired before a step.
    [Fact]
    public void Blocks_of_the_built_in_heap_wait_too_however_many_there_are()
    {
        using GracePeriodStepper stepper = new(_domain);
        for (int i = 0; i < 10_000; i++)
        {
            _domain.Free(NativeMemory.Alloc(16));
        }

        Assert.Equal(10_000, _domain.GetStatistics().BlocksWaiting);
        Assert.Equal(0, _domain.GetStatistics().GracePeriodsStarted);
        Assert.True(stepper.AdvanceUntilIdle());
        Assert.Equal(10_000, _domain.GetStatistics().BlocksFreed);
    }

    [Fact]
    public void Callbacks_run_on_the_stepping_thread()
    {
        using GracePeriodStepper stepper = new(_domain);
        Thread? ranOn = null;
        _domain.Call(() => ranOn = Thread.CurrentThread);
        Assert.True(stepper.TryAdvance());
        Assert.Null(ranOn);
        Assert.True(stepper.Reclaim());
        Assert.Same(Thread.CurrentThread, ranOn);
    }

    [Fact]
    public void A_waiter_on_another_thread_returns_after_the_step()
    {
        using GracePeriodStepper stepper = new(_domain);
        using ManualResetEventSlim waits = new();
        Thread waiter = new(() =>
        {
            waits.Set();
            _domain.Synchronize();
        });
        waiter.Start();
        waits.Wait(TestContext.Current.CancellationToken);
        Task awaited = _domain.SynchronizeAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(awaited.IsCompleted);
        Assert.True(waiter.IsAlive);
        while (waiter.IsAlive)
        {
            Assert.True(stepper.TryAdvance());
        }

        stepper.Reclaim();
        Assert.True(SpinWait.SpinUntil(() => awaited.IsCompletedSuccessfully, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void A_wait_on_the_stepping_thread_throws()
    {
        using GracePeriodStepper stepper = new(_domain);
        Assert.Throws<InvalidOperationException>(_domain.Synchronize);
        Assert.Throws<InvalidOperationException>(_domain.Dispose);
        _domain.Free<QuarantineHeap>(QuarantineHeap.New(1L));
        Assert.Throws<InvalidOperationException>(_domain.Barrier);
        Assert.Throws<InvalidOperationException>(_domain.BarrierCallbacks);
    }

    [Fact]
    public void Afterwards_the_domain_goes_on_by_itself()
    {
        long* block = QuarantineHeap.New(1L);
        using (GracePeriodStepper stepper = new(_domain))
        {
            _domain.Free<QuarantineHeap>(block);
        }

        _domain.Barrier();
        RcuAssert.Freed(block);
    }

    [Fact]
    public void A_domain_that_cannot_be_stepped_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => new GracePeriodStepper(Rcu.DefaultDomain));
        using RcuDomain blocks = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.Block });
        Assert.Throws<ArgumentException>(() => new GracePeriodStepper(blocks));
        using GracePeriodStepper stepper = new(_domain);
        Assert.Throws<InvalidOperationException>(() => new GracePeriodStepper(_domain));
        Exception? elsewhere = null;
        Thread other = new(() => elsewhere = Record.Exception(() => stepper.TryAdvance()));
        other.Start();
        other.Join();
        Assert.IsType<InvalidOperationException>(elsewhere);
    }
}
