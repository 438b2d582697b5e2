using System.Collections.Concurrent;
using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;
using static Quiescent.Tests.Locks.AsyncLocks;

namespace Quiescent.Tests.Locks;

// L10 (no call is lost) where the thread pool refuses what a wait needs it for.
public sealed class AsyncLockRefusalTests
{
    // Fault caught: a wait whose pool thread is refused never goes on.
    [Theory]
    [InlineData(Failing.First)]
    [InlineData(Failing.Second)]
    [InlineData(Failing.EverySecond)]
    [InlineData(Failing.AtRandom)]
    public void Waits_go_on_where_the_pool_refuses(Failing failing)
    {
        using RcuAsyncReaderWriterLock table = new();
        AsyncWriteScope write = Now(table.WriteAsync(Token));
        Task<AsyncReadScope> reader = table.ReadAsync(Token).AsTask();
        Task<AsyncWriteScope> writer = table.WriteAsync(Token).AsTask();
        using (Failures failures = new(FaultSite.PoolThread, failing))
        {
            write.Dispose();
            Result(reader).Dispose();
            Result(writer).Dispose();
            Assert.NotEqual(0, failures.Failed);
        }

        Until.True(() => !Inside.Waiters(table.Domain).Any);
    }

    // Fault caught: the reclaimer has found that the readers have left, cannot say so, and never looks again.
    [Theory]
    [InlineData(Failing.First)]
    [InlineData(Failing.Second)]
    [InlineData(Failing.EverySecond)]
    public void A_writer_that_waits_for_readers_goes_on_where_the_pool_refuses(Failing failing)
    {
        using RcuAsyncReaderWriterLock table = new();
        AsyncReadScope read = Now(table.ReadAsync(Token));
        Task<AsyncWriteScope> writer = table.WriteAsync(Token).AsTask();
        Task<AsyncReadScope> reader = table.ReadAsync(Token).AsTask();
        using (Failures failures = new(FaultSite.PoolThread, failing))
        {
            read.Dispose();
            Result(writer).Dispose();
            Result(reader).Dispose();
            Assert.NotEqual(0, failures.Failed);
        }
    }

    // Fault caught: the thread that lets others in calls their synchronization contexts, which are the program's; or
    // the wait is over, holds the lock, and nobody is told.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void The_end_of_a_wait_is_told_elsewhere_and_once_there_is_memory(bool write, bool isCancelled)
    {
        using RcuAsyncReaderWriterLock table = new();
        using CancellationTokenSource source = new();
        Posts posts = new();
        AsyncWriteScope holder = Now(table.WriteAsync(Token));
        Task after = Task.CompletedTask;
        Worker.Run(() =>
        {
            SynchronizationContext.SetSynchronizationContext(posts);
            after = write ? Write() : Read();
        });
        using (Failures failures = new(FaultSite.PoolThread, Failing.Every))
        {
            if (isCancelled)
            {
                source.Cancel();
            }
            else
            {
                holder.Dispose();
            }

            Until.True(() => failures.Failed > 3); // It is tried again.
            Assert.Empty(posts.Threads);
        }

        Until.Done(after);
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, posts.Threads);
        Assert.Single(posts.Threads);
        if (isCancelled)
        {
            holder.Dispose();
        }

        Until.True(() => MayWrite(table));

        async Task Read()
        {
            try
            {
                (await table.ReadAsync(source.Token)).Dispose();
            }
            catch (OperationCanceledException) when (isCancelled)
            {
                // As asked.
            }
        }

        async Task Write()
        {
            try
            {
                (await table.WriteAsync(source.Token)).Dispose();
            }
            catch (OperationCanceledException) when (isCancelled)
            {
                // As asked.
            }
        }
    }

    // Fault caught: a writer that has no memory wakes the next one on its own stack, and so on; or nobody asks again
    // for the reclaimer's thread, which could not be started when the pool refused.
    [Fact]
    public void Many_writers_without_memory_do_not_pile_up_on_a_stack()
    {
        const int Writers = 20_000;
        using SrcuDomain domain = new(new RcuDomainOptions
        {
            DedicatedReclaimer = true,
            StallTimeout = TimeSpan.FromMilliseconds(20),
        });
        using RcuAsyncReaderWriterLock table = new(domain);
        AsyncWriteScope write = Now(table.WriteAsync(Token));
        SrcuReadLock section = domain.ReadLock(); // The first one waits for it, with the reclaimer's help.
        int failed = 0;
        Task[] waiting = [.. Enumerable.Range(0, Writers).Select(_ => Write())];
        FaultInjection.Decide = static site =>
            site is FaultSite.PoolThread or FaultSite.ThreadStart or FaultSite.Waiter;
        try
        {
            write.Dispose();
        }
        finally
        {
            FaultInjection.Decide = null;
        }

        section.Dispose();
        Until.Done(Task.WhenAll(waiting));
        Assert.Equal(0, failed); // Those that wait have what they need.
        Until.True(() => MayWrite(table));

        async Task Write()
        {
            try
            {
                (await table.WriteAsync(Token)).Dispose();
            }
            catch (OutOfMemoryException)
            {
                Interlocked.Increment(ref failed);
            }
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // A context of the program's.
    private sealed class Posts : SynchronizationContext
    {
        public ConcurrentQueue<int> Threads { get; } = new();

        public override void Post(SendOrPostCallback callback, object? state)
        {
            Threads.Enqueue(Environment.CurrentManagedThreadId);
            callback(state);
        }
    }
}
