using Quiescent.Tests.Support;
using static Quiescent.Tests.Locks.AsyncLocks;

namespace Quiescent.Tests.Locks;

// L7 (a writer is alone) and L8 (neither side starves) without threads, and what the lock promises to those that come.
public sealed class AsyncLockTests
{
    public static TheoryData<bool> Domains => [false, true];

    [Theory]
    [MemberData(nameof(Domains))]
    public void Readers_are_inside_together_and_a_writer_waits_for_all_of_them(bool isFull)
    {
        using SrcuDomain? domain = New(isFull);
        using RcuAsyncReaderWriterLock table = new(domain);
        AsyncReadScope first = Now(table.ReadAsync(Token));
        AsyncReadScope second = Now(table.ReadAsync(Token));
        Task<AsyncWriteScope> writer = table.WriteAsync(Token).AsTask();
        Assert.False(MayRead(table)); // The writer has said that it waits.
        first.Dispose();
        Assert.False(MayWrite(table));
        Assert.False(writer.IsCompleted);
        Worker.Run(second.Dispose); // On another thread.
        Result(writer).Dispose();
        Until.True(() => MayWrite(table));
        Assert.Equal(0, table.Domain.OpenSections);
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void Nobody_is_inside_beside_a_writer(bool isFull)
    {
        using SrcuDomain? domain = New(isFull);
        using RcuAsyncReaderWriterLock table = new(domain);
        AsyncWriteScope writer = Now(table.WriteAsync(Token));
        Assert.False(MayRead(table));
        Assert.False(MayWrite(table));
        Task<AsyncReadScope> reader = table.ReadAsync(Token).AsTask();
        Task<AsyncWriteScope> next = table.WriteAsync(Token).AsTask();
        Assert.False(reader.IsCompleted || next.IsCompleted);
        Assert.Equal(0, table.Domain.OpenSections);
        writer.Dispose();
        Result(reader).Dispose();
        Result(next).Dispose();
    }

    // L8. Fault caught: readers that come while a writer waits go in, and it waits for ever; or the next writer comes
    // before the readers that waited for the last.
    [Fact]
    public void Readers_that_wait_go_in_after_the_writer_and_before_the_next_one()
    {
        using RcuAsyncReaderWriterLock table = new();
        AsyncReadScope before = Now(table.ReadAsync(Token));
        Task<AsyncWriteScope> first = table.WriteAsync(Token).AsTask();
        Task<AsyncReadScope> reader = table.ReadAsync(Token).AsTask();
        Task<AsyncWriteScope> second = table.WriteAsync(Token).AsTask();
        Task<AsyncReadScope> another = table.ReadAsync(Token).AsTask();
        Assert.False(reader.IsCompleted || another.IsCompleted);
        before.Dispose();
        AsyncWriteScope write = Result(first);
        Assert.False(reader.IsCompleted || second.IsCompleted || another.IsCompleted);
        write.Dispose();
        AsyncReadScope read = Result(reader);
        Result(another).Dispose();
        Assert.False(second.IsCompleted);
        read.Dispose();
        Result(second).Dispose();
    }

    [Fact]
    public void Writers_come_in_the_order_in_which_they_wait()
    {
        using RcuAsyncReaderWriterLock table = new();
        AsyncWriteScope write = Now(table.WriteAsync(Token));
        Task<AsyncWriteScope>[] waiting = [.. Enumerable.Range(0, 5).Select(_ => table.WriteAsync(Token).AsTask())];
        for (int i = 0; i < waiting.Length; i++)
        {
            Assert.DoesNotContain(waiting[i..], static task => task.IsCompleted);
            write.Dispose();
            write = Result(waiting[i]);
        }

        write.Dispose();
        Until.True(() => MayWrite(table));
    }

    // Fault caught: the reader comes only when a pool thread runs for it, and the next writer is first.
    [Fact]
    public void A_reader_is_inside_when_the_writer_that_kept_it_out_has_left()
    {
        using RcuAsyncReaderWriterLock table = new();
        AsyncWriteScope write = Now(table.WriteAsync(Token));
        Task<AsyncReadScope> reader = table.ReadAsync(Token).AsTask();
        write.Dispose();
        Assert.Equal(1, table.Domain.OpenSections);
        Assert.False(MayWrite(table));
        Result(reader).Dispose();
        Until.True(() => MayWrite(table));
    }

    // O8. Fault caught: the thread that leaves runs what those that it lets in do next.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_continuation_does_not_run_on_the_thread_that_leaves(bool write)
    {
        using RcuAsyncReaderWriterLock table = new();
        using ManualResetEventSlim hasLeft = new();
        AsyncWriteScope holder = Now(table.WriteAsync(Token));
        Task after = write ? Write() : Read();
        holder.Dispose(); // Would not return.
        hasLeft.Set();
        Until.Done(after);

        async Task Read()
        {
            using (await table.ReadAsync(Token).ConfigureAwait(false))
            {
                Until.Set(hasLeft);
            }
        }

        async Task Write()
        {
            using (await table.WriteAsync(Token).ConfigureAwait(false))
            {
                Until.Set(hasLeft);
            }
        }
    }

    [Fact]
    public void A_read_beside_no_writer_allocates_nothing()
    {
        using RcuAsyncReaderWriterLock table = new();
        using CancellationTokenSource source = new();
        Assert.Equal(0, Allocated(100));

        long Allocated(int reads)
        {
            Now(table.ReadAsync(source.Token)).Dispose();
            Now(table.ReadAsync(source.Token)).Dispose();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < reads; i++)
            {
                using AsyncReadScope read = Now(table.ReadAsync(source.Token));
                using AsyncReadScope inner = Now(table.ReadAsync());
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void A_scope_is_disposed_of_once()
    {
        using RcuAsyncReaderWriterLock table = new();
        AsyncReadScope read = Now(table.ReadAsync(Token));
        read.Dispose();
        Assert.Throws<InvalidOperationException>(read.Dispose);
        AsyncReadScope later = Now(table.ReadAsync(Token));
        Assert.Throws<InvalidOperationException>(read.Dispose);
        Assert.False(MayWrite(table));
        later.Dispose();
        default(AsyncReadScope).Dispose();
        default(AsyncWriteScope).Dispose();
        Until.True(() => MayWrite(table));
    }

    // L7. Fault caught: the second disposal of a write ends the write of another.
    [Fact]
    public void A_second_disposal_of_a_write_does_not_end_the_next_one()
    {
        using RcuAsyncReaderWriterLock table = new();
        AsyncWriteScope first = Now(table.WriteAsync(Token));
        Task<AsyncWriteScope> waiting = table.WriteAsync(Token).AsTask();
        first.Dispose();
        AsyncWriteScope second = Result(waiting);
        string text = Assert.Throws<InvalidOperationException>(first.Dispose).Message;
        Assert.Contains("disposed before", text, StringComparison.Ordinal);
        Assert.False(MayRead(table));
        second.Dispose();
        Assert.Throws<InvalidOperationException>(first.Dispose);
        AsyncWriteScope third = default;
        Until.True(() => table.TryWrite(out third));
        Assert.Throws<InvalidOperationException>(second.Dispose);
        third.Dispose();
        Assert.Throws<InvalidOperationException>(third.Dispose);
    }

    [Fact]
    public void An_attempt_that_fails_leaves_nothing()
    {
        using RcuAsyncReaderWriterLock table = new();
        using (Now(table.ReadAsync(Token)))
        {
            Assert.False(table.TryWrite(out AsyncWriteScope none));
            none.Dispose();
            Assert.True(table.TryRead(out AsyncReadScope second));
            second.Dispose();
        }

        AsyncWriteScope write = default;
        Until.True(() => table.TryWrite(out write));
        Assert.False(table.TryRead(out AsyncReadScope refused));
        refused.Dispose();
        write.Dispose();
        Assert.Equal(0, table.Domain.OpenSections);
        Assert.True(MayRead(table));
    }

    [Fact]
    public void Arguments_are_checked()
    {
        Assert.Throws<ArgumentException>(() => new RcuAsyncReaderWriterLock(name: " "));
        using RcuAsyncReaderWriterLock table = new();
        Assert.Equal("lock", table.Name);
        Assert.Equal("lock", table.Domain.Options.Name);
        SrcuDomain disposed = new();
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new RcuAsyncReaderWriterLock(disposed));
    }

    [Fact]
    public void Locks_that_share_a_domain_wait_for_each_others_readers_only()
    {
        using SrcuDomain domain = new();
        using RcuAsyncReaderWriterLock one = new(domain);
        using RcuAsyncReaderWriterLock two = new(domain);
        AsyncWriteScope write = Now(one.WriteAsync(Token));
        Until.True(() => MayWrite(two));
        AsyncReadScope read = Now(two.ReadAsync(Token));
        write.Dispose();
        Task<AsyncWriteScope> next = one.WriteAsync(Token).AsTask();
        Assert.False(next.IsCompleted);
        read.Dispose();
        Result(next).Dispose();
    }

    [Theory]
    [InlineData(false, 2, 1)]
    [InlineData(true, 2, 1)]
    [InlineData(false, 4, 3)]
    [InlineData(true, 4, 3)]
    public void What_a_writer_changes_readers_see_whole(bool isFull, int readers, int writers)
    {
        const int Writes = 300;
        using SrcuDomain? domain = New(isFull);
        using RcuAsyncReaderWriterLock table = new(domain);
        long first = 0;
        long second = 0;
        int inside = 0;
        int cancelled = 0;
        int left = writers;
        Task[] reading = [.. Enumerable.Range(0, readers).Select(i => Task.Run(() => Read(i)))];
        Task[] writing = [.. Enumerable.Range(0, writers).Select(i => Task.Run(() => Write(i)))];
        Until.Done(Task.WhenAll(writing));
        Until.Done(Task.WhenAll(reading));
        Assert.Equal((Writes * writers) - cancelled, first);
        Assert.Equal(0, table.Domain.OpenSections);
        Until.True(() => MayWrite(table));

        async Task Read(int reader)
        {
            Random random = new(reader);
            while (Volatile.Read(ref left) != 0)
            {
                using CancellationTokenSource source = new();
                if (random.Next(4) == 0)
                {
                    source.CancelAfter(TimeSpan.FromMicroseconds(random.Next(300)));
                }

                try
                {
                    using AsyncReadScope scope = await table.ReadAsync(source.Token);
                    long seen = first;
                    if (random.Next(8) == 0)
                    {
                        await Task.Yield();
                    }

                    Assert.Equal(seen, second);
                }
                catch (OperationCanceledException)
                {
                    // As though it had not come.
                }
            }
        }

        async Task Write(int writer)
        {
            Random random = new(-writer - 1);
            for (int k = 0; k < Writes; k++)
            {
                using CancellationTokenSource source = new();
                if (random.Next(3) == 0)
                {
                    source.CancelAfter(TimeSpan.FromMicroseconds(random.Next(500)));
                }

                try
                {
                    using AsyncWriteScope scope = await table.WriteAsync(source.Token);
                    Assert.Equal(1, Interlocked.Increment(ref inside));
                    first++;
                    await Task.Yield();
                    second++;
                    Interlocked.Decrement(ref inside);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                }
            }

            Interlocked.Decrement(ref left);
        }
    }

    // Fault caught: a lock that is dropped without disposal keeps its domain's memory.
    [Fact]
    public void A_dropped_lock_takes_its_domain_along()
    {
        WeakReference domain = Drop();
        Until.True(() =>
        {
            Garbage.Collect();
            return !domain.IsAlive;
        });
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static WeakReference Drop()
    {
        WeakReference domain = new(null);
        Worker.Run(() =>
        {
            RcuAsyncReaderWriterLock table = new();
            AsyncWriteScope write = Now(table.WriteAsync(Token));
            Task<AsyncReadScope> reader = table.ReadAsync(Token).AsTask();
            write.Dispose();
            Result(reader).Dispose();
            domain.Target = table.Domain;
        });
        return domain;
    }

    private static SrcuDomain? New(bool isFull) =>
        isFull ? new SrcuDomain(new RcuDomainOptions { ReadSideBarrier = ReadSideBarrier.Full }) : null;

    private static bool MayRead(RcuAsyncReaderWriterLock table)
    {
        bool isInside = table.TryRead(out AsyncReadScope scope);
        scope.Dispose();
        return isInside;
    }
}
