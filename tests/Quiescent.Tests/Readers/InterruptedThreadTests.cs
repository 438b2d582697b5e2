using System.Diagnostics;
using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// An interrupt that is pending for a thread strikes in its next wait. The library's short waits do not count: they put
// it off.
public sealed unsafe class InterruptedThreadTests
{
    // Fails when a short lock throws: a page is left half freed and its queue's lock held for ever.
    [Fact]
    public void Threads_that_interrupt_themselves_before_each_free_lose_nothing()
    {
        const int PerThread = 3_000;
        using RcuDomain domain = Domains.New(validate: true);
        Worker[] workers = Worker.StartMany(3, _ =>
        {
            for (int i = 0; i < PerThread; i++)
            {
                Thread.CurrentThread.Interrupt();
                domain.Free(NativeMemory.Alloc(32));
            }

            Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(0));
        });
        Worker.JoinAll(workers);
        Assert.Equal(3 * PerThread, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    // Fails when the reclaimer's own waits end with the interrupt: its thread, or the callback after, is lost.
    [Fact]
    public void A_callback_that_interrupts_the_reclaimer_loses_no_other()
    {
        const int Callbacks = 4_000;
        using RcuDomain domain = Domains.New(validate: true);
        int ran = 0;
        Worker[] workers = Worker.StartMany(2, _ =>
        {
            for (int i = 0; i < Callbacks; i++)
            {
                domain.Call(() =>
                {
                    Interlocked.Increment(ref ran);
                    Thread.CurrentThread.Interrupt();
                });
                domain.Free(NativeMemory.Alloc(32));
            }
        });
        Worker.JoinAll(workers);
        RcuStatistics books = RcuAssert.BooksBalance(domain);
        Assert.Equal((2 * Callbacks, 0), (ran, books.CallbacksFailed));
    }

    // Fails when Dispose is cut short: a second call does nothing, so the domain would stay half closed for ever.
    [Fact]
    public void An_interrupt_does_not_cut_a_disposal_short()
    {
        RcuDomain domain = Domains.New();
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        int ran = 0;
        domain.Call(() =>
        {
            entered.Set();
            leave.Wait();
        });
        domain.Call(() => ran++);
        Until.Set(entered);
        Thread reclaimer = Inside.ReclaimerThread(domain)!;
        bool wasPending = false;
        using Worker disposer = Worker.Start(() =>
        {
            Thread.CurrentThread.Interrupt();
            domain.Dispose();
            wasPending = Record.Exception(() => Thread.Sleep(0)) is ThreadInterruptedException;
        });
        Until.True(() => disposer.IsWaiting || disposer.HasEnded);
        leave.Set();
        disposer.Join();
        Assert.False(reclaimer.IsAlive);
        Assert.Equal((1, true), (ran, wasPending));
    }

    // Fails (the process ends) when each interrupt of a pause is put off by another call, until the stack is used up.
    [Fact]
    public void A_pause_stands_any_number_of_interrupts()
    {
        bool isDone = false;
        using Worker pausing = Worker.Start(() =>
        {
            for (int i = 0; i < 5; i++)
            {
                Backoff.SleepUninterrupted(64);
            }

            Volatile.Write(ref isDone, true);
        });
        while (!Volatile.Read(ref isDone))
        {
            pausing.Thread.Interrupt();
        }

        pausing.Join();
    }

    // Fails when an interrupt ends the pause: a thread with one pending would never be throttled.
    [Fact]
    public void A_pause_is_whole_and_the_interrupt_is_pending_after_it() => Worker.Run(() =>
    {
        const int Milliseconds = 20;
        Thread.CurrentThread.Interrupt();
        long start = Stopwatch.GetTimestamp();
        Backoff.SleepUninterrupted(Milliseconds);
        Assert.True(Stopwatch.GetElapsedTime(start).TotalMilliseconds >= Milliseconds - 1);
        Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(0));
    });
}
