using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Ordering;

public sealed class WorkersTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(5);

    [Fact]
    public void Under_the_JIT_the_pool_of_the_platform_runs_what_runs_elsewhere()
    {
        bool? isOnPool = null;
        using ManualResetEventSlim done = new();
        Assert.False(Workers.ReplacePool);
        PlatformPools.Use();
        Threads.RunElsewhere(new Item(() =>
        {
            isOnPool = Thread.CurrentThread.IsThreadPoolThread;
            done.Set();
        }));
        Until.Set(done);
        Assert.True(isOnPool);
    }

    // Fault caught: an interrupt of the caller that ends an idle thread's item, or the call.
    [Fact]
    public void An_interrupted_caller_has_its_item_run_and_stays_interrupted() => Worker.Run(() =>
    {
        using ManualResetEventSlim done = new();
        Thread.CurrentThread.Interrupt();
        Workers.Run(new Item(done.Set), s_long);
        Threads.RunElsewhere(new Item(done.Set));
        Assert.Throws<ThreadInterruptedException>(static () => Thread.Sleep(1));
        Until.Set(done);
    });

    [Fact]
    public void Where_there_is_no_thread_to_give_the_item_does_not_run()
    {
        ManualResetEventSlim gate = new();
        int queued = 0;
        int begun = 0;
        using (new Failures(FaultSite.ThreadStart, Failing.Every))
        {
            Assert.ThrowsAny<OutOfMemoryException>(() =>
            {
                for (; queued < 10_000; queued++)
                {
                    Workers.Run( // Idle threads need no start, so some may run.
                        new Item(() =>
                        {
                            Interlocked.Increment(ref begun);
                            gate.Wait();
                        }),
                        TimeSpan.FromMilliseconds(1));
                }
            });
        }

        Until.True(() => Volatile.Read(ref begun) == queued);
        gate.Set();
    }

    [Fact]
    public void An_item_that_is_blocked_holds_no_other_up()
    {
        using ManualResetEventSlim first = new();
        using ManualResetEventSlim second = new();
        using ManualResetEventSlim done = new();
        Workers.Run(
            new Item(() =>
            {
                Until.Set(second);
                done.Set();
            }),
            s_long);
        Workers.Run(new Item(() => second.Set()), s_long);
        Until.Set(done);
    }

    [Fact]
    public void A_thread_that_has_run_its_item_runs_a_later_one()
    {
        HashSet<Thread> threads = [];
        Until.True(() =>
        {
            Thread? ran = RunOne(s_long);
            return !threads.Add(ran);
        });
    }

    // Fault caught: what an item leaves behind on its thread is seen by the next, which belongs to somebody else.
    [Fact]
    public void The_next_item_on_a_thread_sees_nothing_of_the_one_before()
    {
        AsyncLocal<string?> local = new();
        Dictionary<Thread, bool> dirty = [];
        Until.True(() =>
        {
            string? seen = null;
            bool isBackground = false;
            Thread ran = RunOne(s_long, () =>
            {
                seen = local.Value;
                isBackground = Thread.CurrentThread.IsBackground;
                local.Value = "left behind";
                Thread.CurrentThread.IsBackground = false;
            });
            Assert.Null(seen);
            Assert.True(isBackground);
            return !dirty.TryAdd(ran, true);
        });
    }

    [Fact]
    public void A_thread_that_gets_no_other_item_ends()
    {
        Thread ran = RunOne(TimeSpan.FromMilliseconds(1));
        Until.True(() => !ran.IsAlive);
    }

    // Fault caught: an ended thread that stays on the list gets an item, which never runs.
    [Fact]
    public void Items_that_come_while_threads_end_are_all_run()
    {
        for (int i = 0; i < 200; i++)
        {
            RunOne(TimeSpan.FromMilliseconds(i % 3));
        }
    }

    [Fact]
    public void Items_of_many_threads_are_all_run()
    {
        int run = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                Workers.Run(new Item(() => Interlocked.Increment(ref run)), TimeSpan.FromMilliseconds(1));
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Until.True(() => Volatile.Read(ref run) == 200);
    }

    private static Thread RunOne(TimeSpan idleTimeout, Action? action = null)
    {
        Thread? ran = null;
        using ManualResetEventSlim done = new();
        Workers.Run(
            new Item(() =>
            {
                action?.Invoke();
                ran = Thread.CurrentThread;
                done.Set();
            }),
            idleTimeout);
        Until.Set(done);
        return ran!;
    }

    private sealed class Item(Action run) : IThreadPoolWorkItem
    {
        public void Execute() => run();
    }
}
