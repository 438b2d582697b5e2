using System.Runtime.ExceptionServices;
using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.GracePeriods;

// Threads that wait for long: one looks, the others are blocked.
public sealed class WaitLineTests
{
    private const int Threads = 16;

    // Fault caught: each waiting thread wakes up once a millisecond, 400 of them for more than a core.
    [Fact]
    public void Of_many_threads_that_synchronize_all_but_one_are_blocked()
    {
        using RcuDomain domain = Domains.New();
        ParkedReader reader = new(domain);
        Worker[] waiting = Worker.StartMany(Threads, _ => domain.Synchronize());
        Until.True(() => Blocked(domain.Core.Engine.Line) == Threads - 1);
        reader.Release();
        Worker.JoinAll(waiting);
        Assert.Equal(0, Blocked(domain.Core.Engine.Line));
    }

    [Fact]
    public void Of_many_threads_at_a_barrier_all_but_one_are_blocked()
    {
        using RcuDomain domain = Domains.New();
        ParkedReader reader = new(domain);
        Forms.Queue(domain, Form.Headless);
        Worker[] waiting = Worker.StartMany(Threads, _ => domain.Barrier());
        Until.True(() => Blocked(domain.Core.BarrierLine) == Threads - 1);
        reader.Release();
        Worker.JoinAll(waiting);
        Assert.Equal(0, Blocked(domain.Core.BarrierLine));
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Of_many_threads_above_the_limit_all_but_one_are_blocked()
    {
        const int Limit = 100;
        using RcuDomain domain = new(
            new RcuDomainOptions { BacklogPolicy = BacklogPolicy.Block, BacklogLimit = Limit });
        ParkedReader reader = new(domain);
        Worker[] waiting = Worker.StartMany(Threads, _ =>
        {
            for (int i = 0; i < 2 * Limit; i++)
            {
                Forms.Queue(domain, Form.Headless);
            }
        });
        Until.True(() => Blocked(domain.Core.BacklogLine) == Threads - 1);
        reader.Release();
        Worker.JoinAll(waiting);
        domain.Barrier();
        Assert.Equal(0, Blocked(domain.Core.BacklogLine));
    }

    // Fault caught: an interrupted thread that takes the turn with it, so that the others sleep for ever.
    [Fact]
    public void Interrupted_threads_leave_and_the_others_go_on()
    {
        using RcuDomain domain = Domains.New();
        ParkedReader reader = new(domain);
        int thrown = 0;
        Worker[] waiting = Worker.StartMany(Threads, _ =>
        {
            if (Record.Exception(domain.Synchronize) is ThreadInterruptedException)
            {
                Interlocked.Increment(ref thrown);
            }
        });
        Until.True(() => Blocked(domain.Core.Engine.Line) == Threads - 1);

        // One after the other, the one with the turn among them, until one is left.
        for (int i = 0; i < Threads - 1; i++)
        {
            waiting[i].Thread.Interrupt();
            waiting[i].Join();
        }

        Assert.Equal(Threads - 1, thrown);
        Assert.Equal(0, Blocked(domain.Core.Engine.Line));
        reader.Release();
        waiting[^1].Join();
    }

    // Fault caught: where an interrupt strikes a thread in the line, first-chance handlers run before it leaves. One
    // that does not return held up all others, as the thread had the turn, or was given it.
    [Fact]
    public void A_handler_of_an_interrupt_that_does_not_return_holds_up_nobody_else()
    {
        using RcuDomain domain = Domains.New();
        using ManualResetEventSlim handling = new();
        using ManualResetEventSlim mayReturn = new();
        Thread? interrupted = null;
        void Handle(object? sender, FirstChanceExceptionEventArgs thrown)
        {
            if (thrown.Exception is ThreadInterruptedException
                && Thread.CurrentThread == Volatile.Read(ref interrupted))
            {
                Volatile.Write(ref interrupted, null);
                handling.Set();
                Until.Set(mayReturn);
            }
        }

        ParkedReader reader = new(domain);
        Worker[] waiting = Worker.StartMany(4, _ => Record.Exception(domain.Synchronize));
        Until.True(() => Blocked(domain.Core.Engine.Line) == waiting.Length - 1);
        AppDomain.CurrentDomain.FirstChanceException += Handle;
        Volatile.Write(ref interrupted, waiting[0].Thread);
        waiting[0].Thread.Interrupt();
        Until.Set(handling);
        Thread.Sleep(50); // By then the thread has been given the turn, if it did not have it.
        reader.Release();
        try
        {
            Until.True(() => waiting.Count(worker => worker.HasEnded) == waiting.Length - 1);
        }
        finally
        {
            mayReturn.Set();
            Worker.JoinAll(waiting);
            AppDomain.CurrentDomain.FirstChanceException -= Handle;
        }

        Assert.Equal(0, Blocked(domain.Core.Engine.Line));
    }

    // Fault caught: a thread that runs a handler keeps the turn, so that a handler that waits, or does not return,
    // holds up all others.
    [Fact]
    public void A_stall_handler_that_does_not_return_holds_up_nobody_else()
    {
        using RcuDomain domain = new(
            new RcuDomainOptions { Name = "held up", StallTimeout = TimeSpan.FromMilliseconds(1) });
        using ManualResetEventSlim handling = new();
        using ManualResetEventSlim mayReturn = new();
        int calls = 0;
        domain.Stalled += (_, _) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                handling.Set();
                mayReturn.Wait();
            }
        };
        ParkedReader reader = new(domain);
        Worker[] waiting = Worker.StartMany(Threads, _ => domain.Synchronize());
        Until.Set(handling);
        reader.Release();
        Until.True(() => waiting.Count(worker => worker.HasEnded) == Threads - 1);
        mayReturn.Set();
        Worker.JoinAll(waiting);
    }

    // Fault caught: a thread that cannot have a place in the line does not wait, or throws.
    [Fact]
    public void Threads_without_memory_for_a_place_wait_all_the_same()
    {
        using RcuDomain domain = Domains.New();
        ParkedReader reader = new(domain);
        using Failures failures = new(FaultSite.WaitLine, Failing.Every);
        Worker[] waiting = Worker.StartMany(4, _ => domain.Synchronize());
        Until.True(() => waiting.All(worker => worker.IsWaiting));
        Assert.DoesNotContain(waiting, worker => worker.HasEnded);
        reader.Release();
        Worker.JoinAll(waiting);
    }

    // Fault caught: blocking where the program's own code runs meanwhile. That code may wait itself, for a turn that
    // its own thread has been given.
    [Fact]
    public void A_thread_whose_blocking_would_run_code_sleeps_by_itself()
    {
        using RcuDomain domain = Domains.New();
        ParkedReader reader = new(domain);
        NotifiedContext context = new();
        Worker[] waiting = Worker.StartMany(2, _ =>
        {
            SynchronizationContext.SetSynchronizationContext(context);
            domain.Synchronize();
        });
        Until.True(() => waiting.All(worker => worker.IsWaiting));
        reader.Release();
        Worker.JoinAll(waiting);
        Assert.Equal(0, context.Waits);
    }

    private static int Blocked(WaitLine line) => line.Count;

    private sealed class NotifiedContext : SynchronizationContext
    {
        private int _waits;

        public NotifiedContext() => SetWaitNotificationRequired();

        public int Waits => Volatile.Read(ref _waits);

        public override int Wait(nint[] waitHandles, bool waitAll, int millisecondsTimeout)
        {
            Interlocked.Increment(ref _waits);
            return base.Wait(waitHandles, waitAll, millisecondsTimeout);
        }
    }
}
