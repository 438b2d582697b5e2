using System.Collections.Concurrent;
using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;
using static Quiescent.Tests.Locks.AsyncLocks;

namespace Quiescent.Tests.Locks;

// L9 (giving up leaves nothing) without threads: waits that are cancelled, disposed of, or have no memory; and what is
// reported of them.
public sealed class AsyncLockEndTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(20);

    [Fact]
    public void A_wait_with_a_cancelled_token_does_not_begin()
    {
        using RcuAsyncReaderWriterLock table = new();
        CancellationToken token = new(canceled: true);
        Assert.True(table.ReadAsync(token).AsTask().IsCanceled);
        Assert.True(table.WriteAsync(token).AsTask().IsCanceled);
        Assert.Equal(0, table.Domain.OpenSections);
        Until.True(() => MayWrite(table));
    }

    // Fault caught: a cancelled reader is let in all the same, and nobody leaves its section.
    [Fact]
    public void A_cancelled_reader_is_not_inside()
    {
        using RcuAsyncReaderWriterLock table = new();
        using CancellationTokenSource source = new();
        AsyncWriteScope write = Now(table.WriteAsync(Token));
        Task<AsyncReadScope> reader = table.ReadAsync(source.Token).AsTask();
        source.Cancel();
        Assert.Equal(source.Token, Cancelled(reader).CancellationToken);
        write.Dispose();
        Assert.Equal(0, table.Domain.OpenSections);
        Until.True(() => MayWrite(table));
    }

    // Fault caught: a writer that is cancelled in the line keeps its place, and the turn goes to nobody.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_writer_cancelled_in_the_line_leaves_it(bool isLast)
    {
        using RcuAsyncReaderWriterLock table = new();
        using CancellationTokenSource source = new();
        AsyncWriteScope write = Now(table.WriteAsync(Token));
        Task<AsyncWriteScope> first = table.WriteAsync(isLast ? Token : source.Token).AsTask();
        Task<AsyncWriteScope> second = table.WriteAsync(isLast ? source.Token : Token).AsTask();
        source.Cancel();
        Cancelled(isLast ? second : first);
        Assert.False((isLast ? first : second).IsCompleted);
        write.Dispose();
        Result(isLast ? first : second).Dispose();
        Until.True(() => MayWrite(table));
    }

    // Fault caught: readers that the writer kept out stay out; or its look stays with the reclaimer.
    [Fact]
    public void A_writer_cancelled_while_it_waits_for_readers_lets_them_in_again()
    {
        using RcuAsyncReaderWriterLock table = new();
        using CancellationTokenSource source = new();
        AsyncReadScope before = Now(table.ReadAsync(Token));
        Task<AsyncWriteScope> writer = table.WriteAsync(source.Token).AsTask();
        Task<AsyncReadScope> reader = table.ReadAsync(Token).AsTask();
        Task<AsyncWriteScope> next = table.WriteAsync(Token).AsTask();
        Assert.False(reader.IsCompleted);
        source.Cancel();
        Cancelled(writer);
        Result(reader).Dispose();
        Assert.False(next.IsCompleted);
        before.Dispose();
        Result(next).Dispose();
        Until.True(() => !Inside.Waiters(table.Domain).Any);
        Assert.Null(table.Domain.Core.WaitingLock);
    }

    [Fact]
    public void A_thousand_writers_that_give_up_leave_nothing_with_the_reclaimer()
    {
        using RcuAsyncReaderWriterLock table = new();
        using AsyncReadScope reader = Now(table.ReadAsync(Token));
        for (int i = 0; i < 1_000; i++)
        {
            using CancellationTokenSource source = new();
            Task<AsyncWriteScope> writer = table.WriteAsync(source.Token).AsTask();
            source.Cancel();
            Cancelled(writer);
        }

        Assert.False(Inside.Waiters(table.Domain).Any);
        Assert.True(table.TryRead(out AsyncReadScope second));
        second.Dispose();
    }

    // Fault caught: a wait that was let in and cancelled ends twice, or keeps what it was given.
    [Fact]
    public void A_wait_that_is_let_in_and_cancelled_at_once_is_one_of_both()
    {
        using RcuAsyncReaderWriterLock table = new();
        Random random = new(1);
        int inside = 0;
        for (int i = 0; i < 2_000; i++)
        {
            using CancellationTokenSource source = new();
            AsyncWriteScope write = Now(table);
            Task<AsyncReadScope> reader = table.ReadAsync(source.Token).AsTask();
            Task<AsyncWriteScope> writer = table.WriteAsync(source.Token).AsTask();
            bool isFirst = random.Next(2) == 0;
            int after = random.Next(2_000);
            int ready = 0;
            Task cancelling = Task.Run(() => Act(isFirst, source.Cancel), Token);
            Act(!isFirst, write.Dispose);
            inside += Leave(reader) + Leave(writer);
            Until.Done(cancelling);

            void Act(bool isFirst, Action act)
            {
                Interlocked.Increment(ref ready);
                while (Volatile.Read(ref ready) != 2)
                {
                    Thread.SpinWait(1);
                }

                Thread.SpinWait(isFirst ? 0 : after);
                act();
            }
        }

        Assert.InRange(inside, 1, 3_999); // Both were seen.
        Assert.Equal(0, table.Domain.OpenSections);
        Until.True(() => MayWrite(table));

        static AsyncWriteScope Now(RcuAsyncReaderWriterLock table) => Result(table.WriteAsync(Token).AsTask());
    }

    // Fault caught: a wait that is under way when the lock is disposed of never ends.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Those_that_wait_end_and_those_inside_leave_as_usual(bool isShared, bool waitsForReader)
    {
        using SrcuDomain? domain = isShared ? new SrcuDomain() : null;
        RcuAsyncReaderWriterLock table = new(domain, "table");
        AsyncReadScope read = default;
        AsyncWriteScope write = default;
        if (waitsForReader)
        {
            read = Now(table.ReadAsync(Token));
        }
        else
        {
            write = Now(table.WriteAsync(Token));
        }

        Task<AsyncWriteScope> first = table.WriteAsync(Token).AsTask();
        Task<AsyncWriteScope> second = table.WriteAsync(Token).AsTask();
        Task<AsyncReadScope> reader = table.ReadAsync(Token).AsTask();
        table.Dispose();
        foreach (Task waiting in (Task[])[first, second, reader])
        {
            Assert.Throws<ObjectDisposedException>(() => Until.Done(waiting));
        }

        read.Dispose();
        write.Dispose();
        table.Dispose();
        Assert.Throws<ObjectDisposedException>(() => table.TryRead(out _));
        Assert.Throws<ObjectDisposedException>(() => table.TryWrite(out _));
        Assert.Throws<ObjectDisposedException>(() => Until.Done(table.ReadAsync(Token).AsTask()));
        Assert.Throws<ObjectDisposedException>(() => Until.Done(table.WriteAsync(Token).AsTask()));
        if (domain is not null)
        {
            Assert.Equal(0, domain.OpenSections);
            domain.Synchronize(); // Goes on.
            Until.True(() => !Inside.Waiters(domain).Any);
        }
    }

    // Fault caught: the writer that waits for readers learns of the disposal only from the reclaimer, which runs a
    // callback.
    [Fact]
    public void A_disposal_ends_the_wait_for_readers_while_a_callback_runs()
    {
        using SrcuDomain domain = new(Domains.Served(isShared: false));
        using RcuAsyncReaderWriterLock table = new(domain);
        using ManualResetEventSlim isRunning = new();
        using ManualResetEventSlim end = new();
        domain.Call(() =>
        {
            isRunning.Set();
            Until.Set(end);
        });
        Until.Set(isRunning);
        AsyncReadScope read = Now(table.ReadAsync(Token));
        Task<AsyncWriteScope> writer = table.WriteAsync(Token).AsTask();
        Assert.True(Inside.Waiters(domain).Any);
        table.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Until.Done(writer));
        end.Set();
        read.Dispose();
    }

    // Fault caught: the wait asks the disposed domain again and again.
    [Fact]
    public void A_lock_of_a_disposed_domain_refuses()
    {
        SrcuDomain domain = new();
        using RcuAsyncReaderWriterLock table = new(domain);
        AsyncReadScope read = Now(table.ReadAsync(Token));
        Task<AsyncWriteScope> writer = table.WriteAsync(Token).AsTask();
        Task<AsyncReadScope> reader = table.ReadAsync(Token).AsTask();
        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Until.Done(writer));
        Assert.Throws<ObjectDisposedException>(() => Until.Done(reader));
        read.Dispose();
        Assert.Throws<ObjectDisposedException>(() => table.TryRead(out _));
        Assert.Throws<ObjectDisposedException>(() => table.TryWrite(out _));
    }

    // Fault caught: a reader that cannot be let in for lack of memory stays in the queue, or takes others along.
    [Fact]
    public void A_reader_without_memory_for_its_section_fails_alone()
    {
        using RcuAsyncReaderWriterLock table = new();
        AsyncWriteScope write = Now(table.WriteAsync(Token));
        Task<AsyncReadScope> failing = table.ReadAsync(Token).AsTask();
        Task<AsyncReadScope> reader = table.ReadAsync(Token).AsTask();
        Worker.Run(() =>
        {
            using (new Failures(FaultSite.Registration, Failing.First))
            {
                write.Dispose(); // A thread that the domain does not know yet.
            }
        });
        Assert.ThrowsAny<OutOfMemoryException>(() => Until.Done(failing));
        Result(reader).Dispose();
        Until.True(() => MayWrite(table));
    }

    [Theory]
    [InlineData(nameof(FaultSite.WaitLine))]
    [InlineData(nameof(FaultSite.ThreadStart))]
    public void A_writer_without_memory_to_wait_leaves_nothing(string site)
    {
        using SrcuDomain domain = new(Domains.Served(isShared: false)); // Its thread has yet to be started.
        using RcuAsyncReaderWriterLock table = new(domain);
        using (Now(table.ReadAsync(Token)))
        {
            using (new Failures(Enum.Parse<FaultSite>(site), Failing.Every))
            {
                Assert.ThrowsAny<OutOfMemoryException>(() => Until.Done(table.WriteAsync(Token).AsTask()));
            }

            Assert.True(table.TryRead(out AsyncReadScope read));
            read.Dispose();
        }

        Until.True(() => MayWrite(table));
    }

    // Fault caught: a write that never ends is named by nobody, since nobody who waits has a thread to look.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_writer_that_does_not_leave_is_reported_and_reported_again(bool write)
    {
        using SrcuDomain domain = new(new RcuDomainOptions { Name = "shared", StallTimeout = s_timeout });
        using RcuAsyncReaderWriterLock table = new(domain, "prices");
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        AsyncWriteScope writer = default;
        Worker.Run(() => writer = Now(table.WriteAsync(Token)), "the culprit");
        Task waiting = write ? table.WriteAsync(Token).AsTask() : table.ReadAsync(Token).AsTask();
        Until.True(() => reports.Count >= 2);
        writer.Dispose();
        Until.Done(waiting);
        StallEventArgs report = reports.First();
        Assert.Equal((StallKind.Writer, "prices", 1), (report.Kind, report.LockName, report.Reports));
        Assert.Equal("the culprit", report.ThreadName);
    }

    [Fact]
    public void A_reader_that_a_writer_waits_for_is_reported()
    {
        using SrcuDomain domain = new(new RcuDomainOptions { Name = "shared", StallTimeout = s_timeout });
        using RcuAsyncReaderWriterLock table = new(domain, "prices");
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        AsyncReadScope reader = default;
        using ManualResetEventSlim end = new();
        using Worker culprit = Worker.Start(
            () =>
            {
                reader = Now(table.ReadAsync(Token));
                Until.Set(end);
            },
            "the culprit");
        Until.True(() => table.Domain.OpenSections == 1);
        Task<AsyncWriteScope> writer = table.WriteAsync(Token).AsTask();
        Until.True(() => reports.Any(static report => report.LockName is not null));
        end.Set();
        culprit.Join();
        reader.Dispose();
        Result(writer).Dispose();
        StallEventArgs report = reports.First(static report => report.LockName is not null);
        Assert.Equal((StallKind.Reader, "prices"), (report.Kind, report.LockName));
        Assert.Equal("the culprit", report.ThreadName);
    }

    // Fault caught: the report on a reader loses the lock's name once any other wait at a lock of the domain has ended.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_lock_is_named_as_long_as_its_writer_waits(bool isShared)
    {
        using SrcuDomain domain = new();
        using RcuAsyncReaderWriterLock table = new(domain, "prices");
        using RcuAsyncReaderWriterLock other = new(domain, "rates");
        using CancellationTokenSource source = new();
        AsyncReadScope reader = Now(table.ReadAsync(Token));
        Task<AsyncWriteScope> writer = table.WriteAsync(Token).AsTask();
        Assert.Equal("prices", domain.Core.WaitingLock);
        Task<AsyncWriteScope> second = (isShared ? other : table).WriteAsync(source.Token).AsTask();
        source.Cancel();
        Cancelled(second);
        Assert.Equal("prices", domain.Core.WaitingLock);
        reader.Dispose();
        Result(writer).Dispose();
        Assert.Null(domain.Core.WaitingLock);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ConcurrentQueue<StallEventArgs> Watch(SrcuDomain domain)
    {
        ConcurrentQueue<StallEventArgs> reports = new();
        domain.Stalled += (_, stall) => reports.Enqueue(stall);
        return reports;
    }

    private static OperationCanceledException Cancelled(Task task)
    {
        OperationCanceledException thrown =
            Assert.ThrowsAny<OperationCanceledException>(() => Until.Done(task));
        Assert.True(task.IsCanceled);
        return thrown;
    }

    private static int Leave<TScope>(Task<TScope> entry)
        where TScope : struct, IDisposable
    {
        try
        {
            Result(entry).Dispose();
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }
}
