using System.Collections.Concurrent;
using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Locks;

public sealed class LockFaultTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(20);

    // Fault caught: a wait that needs memory, or that loses its turn without it.
    [Theory]
    [InlineData(Failing.First)]
    [InlineData(Failing.Every)]
    [InlineData(Failing.EverySecond)]
    public void Waits_end_without_memory_for_a_place(Failing failing)
    {
        using RcuReaderWriterLock table = new();
        using Failures failures = new(FaultSite.WaitLine, failing);
        HeldLock holder = new(table, write: true);
        Worker[] waiting = Worker.StartMany(4, i =>
        {
            if (i % 2 == 0)
            {
                table.Read().Dispose();
            }
            else
            {
                table.Write().Dispose();
            }
        });
        Until.True(() => failures.Failed != 0 && waiting.All(static worker => worker.IsWaiting));
        holder.Dispose();
        Worker.JoinAll(waiting);
    }

    [Fact]
    public void A_reader_without_memory_for_its_registration_is_not_inside()
    {
        using RcuReaderWriterLock table = new();
        Worker.Run(() =>
        {
            using (new Failures(FaultSite.Registration, Failing.Every))
            {
                Assert.Throws<InsufficientMemoryException>(() => table.Read().Dispose());
                Assert.Throws<InsufficientMemoryException>(() => table.TryRead(TimeSpan.Zero, out _));
                table.Write().Dispose();
            }

            Assert.False(table.IsReadHeld);
            table.Read().Dispose();
        });
    }

    // Fault caught: a reader that a writer waits for is named by nobody.
    [Fact]
    public void A_reader_that_a_writer_waits_for_is_reported()
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = "shared", StallTimeout = s_timeout });
        using RcuReaderWriterLock table = new(domain, "prices");
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        using HeldLock reader = new(table, write: false, "the culprit");
        using Worker writer = Worker.Start(() => table.Write().Dispose());
        Until.True(() => reports.Any(static report => report.LockName is not null));
        reader.Leave();
        writer.Join();
        StallEventArgs report = reports.First(static report => report.LockName is not null);
        Assert.Equal((StallKind.Reader, "prices"), (report.Kind, report.LockName));
        Assert.Equal("the culprit", report.ThreadName);
        Assert.Contains("a writer of the lock 'prices' waits for it", report.ToString(), StringComparison.Ordinal);
        Assert.Null(domain.Core.WaitingLock);
    }

    // Fault caught: a writer that never leaves is named by nobody.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_writer_that_does_not_leave_is_reported_and_reported_again(bool write)
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = "shared", StallTimeout = s_timeout });
        using RcuReaderWriterLock table = new(domain, "prices");
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        using HeldLock writer = new(table, write: true, "the culprit");
        using Worker waiting = Worker.Start(() =>
        {
            if (write)
            {
                table.Write().Dispose();
            }
            else
            {
                table.Read().Dispose();
            }
        });
        Until.True(() => reports.Count >= 2);
        writer.Leave();
        waiting.Join();
        StallEventArgs[] all = [.. reports];
        for (int i = 0; i < all.Length; i++)
        {
            Assert.Equal((StallKind.Writer, "prices", i + 1), (all[i].Kind, all[i].LockName, all[i].Reports));
            Assert.Equal(("the culprit", writer.Thread.ManagedThreadId), (all[i].ThreadName, all[i].ManagedThreadId));
            Assert.True(all[i].Duration >= s_timeout);
            Assert.Contains("stall of lock 'prices'", all[i].ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(all.Length, domain.GetStatistics().Stalls);
    }

    // Fault caught: Validate forbids under a lock what a lock is for.
    [Fact]
    public void Under_validate_a_reader_may_block_if_the_lock_has_its_own_domain()
    {
        using RcuDomain validated = new(new RcuDomainOptions { Validate = true, MayBlockInSections = true });
        using RcuDomain strict = new(new RcuDomainOptions { Validate = true });
        using RcuReaderWriterLock own = new(validated);
        using RcuReaderWriterLock shared = new(strict);
        using ManualResetEvent never = new(false);
        using (own.Read())
        {
            never.WaitOne(1);
        }

        using (shared.Read())
        {
            Assert.Throws<InvalidOperationException>(() => never.WaitOne(1));
        }

        using RcuReaderWriterLock usual = new();
        Assert.True(usual.Domain.Options.MayBlockInSections);
    }

    [Fact]
    public void Under_validate_writes_in_a_ring_are_refused()
    {
        using RcuDomain one = new(new RcuDomainOptions { Name = "one", Validate = true, MayBlockInSections = true });
        using RcuDomain two = new(new RcuDomainOptions { Name = "two", Validate = true, MayBlockInSections = true });
        using RcuReaderWriterLock first = new(one);
        using RcuReaderWriterLock second = new(two);
        using (first.Read())
        {
            second.Write().Dispose();
        }

        using (second.Read())
        {
            string text = Assert.Throws<InvalidOperationException>(() => first.Write().Dispose()).Message;
            Assert.Contains("Write of domain 'one'", text, StringComparison.Ordinal);
        }

        first.Write().Dispose();
    }

    // On the pool: what waits at a lock may keep others out (O8).
    private static ConcurrentQueue<StallEventArgs> Watch(RcuDomain domain)
    {
        ConcurrentQueue<StallEventArgs> reports = new();
        domain.Stalled += (_, stall) =>
        {
            if (Thread.CurrentThread.IsThreadPoolThread)
            {
                reports.Enqueue(stall);
            }
        };
        return reports;
    }
}
