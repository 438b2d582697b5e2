using Quiescent.Ordering;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Locks;

// L7 (a writer is alone), and what the lock promises to those that come.
public sealed class LockTests
{
    public static TheoryData<bool> Domains => [false, true];

    [Theory]
    [MemberData(nameof(Domains))]
    public void Readers_are_inside_together_and_a_writer_waits_for_all_of_them(bool isFull)
    {
        using RcuDomain? domain = New(isFull);
        using RcuReaderWriterLock table = new(domain);
        using HeldLock first = new(table, write: false);
        using HeldLock second = new(table, write: false);
        using Worker writer = Worker.Start(() => table.Write().Dispose());
        Until.True(() => !MayRead(table)); // The writer has said that it waits.
        first.Leave();
        Assert.False(MayWrite(table));
        Assert.False(writer.HasEnded);
        second.Leave();
        writer.Join();
        Assert.True(MayWrite(table));
    }

    // Fault caught: readers that come while a writer waits go in, and it waits for ever.
    [Theory]
    [MemberData(nameof(Domains))]
    public void Readers_that_come_while_a_writer_waits_go_in_after_it(bool isFull)
    {
        using RcuDomain? domain = New(isFull);
        using RcuReaderWriterLock table = new(domain);
        using HeldLock before = new(table, write: false);
        int written = 0;
        using Worker writer = Worker.Start(() =>
        {
            using (table.Write())
            {
                written = 1;
            }
        });
        Until.True(() => !MayRead(table));
        int seen = -1;
        using Worker after = Worker.Start(() =>
        {
            using (table.Read())
            {
                seen = written;
            }
        });
        Until.True(() => after.IsWaiting);
        before.Leave();
        writer.Join();
        after.Join();
        Assert.Equal(1, seen);
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void Nobody_is_inside_beside_a_writer(bool isFull)
    {
        using RcuDomain? domain = New(isFull);
        using RcuReaderWriterLock table = new(domain);
        using HeldLock writer = new(table, write: true);
        Assert.False(MayRead(table));
        Assert.False(MayWrite(table));
        Assert.False(table.TryRead(TimeSpan.FromMilliseconds(5), out _));
        Assert.False(table.TryWrite(TimeSpan.FromMilliseconds(5), out _));
        writer.Leave();
        Assert.True(MayRead(table));
        Assert.True(MayWrite(table));
    }

    // Fault caught: a reader waits for a writer that waits for it.
    [Fact]
    public void A_thread_that_reads_may_read_again_although_a_writer_waits()
    {
        using RcuReaderWriterLock table = new();
        Worker writer;
        using (table.Read())
        {
            writer = Worker.Start(() => table.Write().Dispose());
            Until.True(() => !Worker.Ask(() => MayRead(table)));
            using (table.Read())
            {
                Assert.True(table.IsReadHeld);
                Assert.True(MayRead(table));
            }

            Assert.False(writer.HasEnded);
        }

        writer.Join();
        Assert.False(table.IsReadHeld);
    }

    // Fault caught: the same with two locks of one domain: the writer of one waits for the reader inside the other.
    [Fact]
    public void A_reader_of_one_lock_goes_into_another_whose_writer_waits_for_it()
    {
        using RcuDomain domain = new();
        using RcuReaderWriterLock outer = new(domain);
        using RcuReaderWriterLock inner = new(domain);
        Worker writer;
        using (outer.Read())
        {
            writer = Worker.Start(() => inner.Write().Dispose());
            Until.True(() => !Worker.Ask(() => MayRead(inner)));
            using (inner.Read())
            {
                Assert.False(writer.HasEnded);
            }
        }

        writer.Join();
    }

    // Fault caught: a thread inside any section of the domain counts as a reader of the lock.
    [Fact]
    public void A_reader_of_one_lock_does_not_go_into_another_whose_writer_is_inside()
    {
        using RcuDomain domain = new();
        using RcuReaderWriterLock outer = new(domain);
        using RcuReaderWriterLock inner = new(domain);
        using HeldLock writer = new(inner, write: true);
        using (outer.Read())
        {
            Assert.False(MayRead(inner));
            Assert.True(MayRead(outer));
        }
    }

    [Fact]
    public void A_writer_may_read_and_stays_a_reader_when_it_has_left()
    {
        using RcuReaderWriterLock table = new();
        RcuReaderWriterLock.WriteScope write = table.Write();
        using (table.Read())
        {
            Assert.True(table.IsReadHeld);
            Assert.True(table.IsWriteHeld);
            write.Dispose();
            Assert.False(table.IsWriteHeld);
            Worker.Run(() =>
            {
                Assert.True(MayRead(table));
                Assert.False(MayWrite(table));
            });
        }

        Assert.True(MayWrite(table));
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void A_write_inside_a_read_or_a_write_of_the_same_thread_throws(bool isFull)
    {
        using RcuDomain? domain = New(isFull);
        using RcuReaderWriterLock table = new(domain, "prices");
        using (table.Read())
        {
            string text = Assert.Throws<LockRecursionException>(() => table.Write().Dispose()).Message;
            Assert.Contains("inside a Read of the lock 'prices'", text, StringComparison.Ordinal);
            Assert.Throws<LockRecursionException>(() => table.TryWrite(TimeSpan.Zero, out _));
        }

        using (table.Write())
        {
            string text = Assert.Throws<LockRecursionException>(() => table.Write().Dispose()).Message;
            Assert.Contains("inside a Write of the lock 'prices'", text, StringComparison.Ordinal);
            Assert.Throws<LockRecursionException>(() => table.TryWrite(TimeSpan.Zero, out _));
        }

        Assert.True(MayRead(table));
        Assert.True(MayWrite(table));
    }

    [Fact]
    public void A_scope_is_disposed_of_once()
    {
        using RcuReaderWriterLock table = new();
        RcuReaderWriterLock.WriteScope write = table.Write();
        RcuReaderWriterLock.WriteScope copy = write;
        write.Dispose();
        Assert.True(IsRefused(copy));
        RcuReaderWriterLock.WriteScope later = table.Write();
        Assert.True(IsRefused(write));
        Assert.True(table.IsWriteHeld);
        later.Dispose();
        RcuReaderWriterLock.ReadScope read = table.Read();
        read.Dispose();
        Assert.True(IsRefused(read));
        default(RcuReaderWriterLock.ReadScope).Dispose();
        default(RcuReaderWriterLock.WriteScope).Dispose();
        Assert.True(MayWrite(table));
    }

    // Fault caught: a writer that gives up leaves readers waiting for it.
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_writer_that_gives_up_leaves_nothing(int milliseconds)
    {
        using RcuReaderWriterLock table = new();
        using (HeldLock reader = new(table, write: false))
        {
            Assert.False(table.TryWrite(TimeSpan.FromMilliseconds(milliseconds), out _));
            Assert.False(table.IsWriteHeld);
            Assert.True(MayRead(table));
        }

        Assert.True(MayWrite(table));
    }

    [Fact]
    public void An_attempt_that_succeeds_is_inside()
    {
        using RcuReaderWriterLock table = new();
        Assert.True(table.TryRead(TimeSpan.FromSeconds(1), out RcuReaderWriterLock.ReadScope read));
        Assert.False(Worker.Ask(() => MayWrite(table)));
        read.Dispose();
        Assert.True(table.TryWrite(Timeout.InfiniteTimeSpan, out RcuReaderWriterLock.WriteScope write));
        Assert.False(Worker.Ask(() => MayRead(table)));
        write.Dispose();
    }

    [Fact]
    public void Arguments_are_checked()
    {
        Assert.Throws<ArgumentException>(() => new RcuReaderWriterLock(name: " "));
        using RcuReaderWriterLock table = new();
        Assert.Equal("lock", table.Name);
        Assert.Equal("lock", table.Domain.Options.Name);
        foreach (TimeSpan wrong in (TimeSpan[])[TimeSpan.FromMilliseconds(-2), TimeSpan.FromDays(30)])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => table.TryRead(wrong, out _));
            Assert.Throws<ArgumentOutOfRangeException>(() => table.TryWrite(wrong, out _));
        }

        RcuDomain disposed = new();
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new RcuReaderWriterLock(disposed));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_interrupted_wait_throws_and_leaves_nothing(bool write)
    {
        using RcuReaderWriterLock table = new();
        using HeldLock holder = new(table, write: true);
        bool interrupted = false;
        using Worker waiting = Worker.Start(() =>
        {
            Exception? thrown = Record.Exception(() =>
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
            interrupted = thrown is ThreadInterruptedException;
        });
        Until.True(() => waiting.IsWaiting);
        waiting.Thread.Interrupt();
        waiting.Join();
        Assert.True(interrupted);
        holder.Leave();
        Assert.True(MayWrite(table));
        Assert.True(MayRead(table));
    }

    // O8 (no user code under a lock). Fault caught: an interrupt is thrown while the writer keeps readers out, and its
    // first-chance handlers run meanwhile.
    [Fact]
    public void An_interrupt_of_a_writer_that_waits_for_readers_strikes_in_its_next_wait()
    {
        using RcuReaderWriterLock table = new();
        using HeldLock reader = new(table, write: false);
        int before = OsThread.Asleep;
        bool isInside = false;
        bool interrupted = false;
        using Worker writer = Worker.Start(() =>
        {
            using (table.Write())
            {
                isInside = true;
                interrupted = Record.Exception(() => Thread.Sleep(Until.Bound)) is ThreadInterruptedException;
            }
        });
        Until.True(() => OsThread.Asleep > before);
        writer.Thread.Interrupt();
        reader.Leave();
        writer.Join();
        Assert.True(isInside);
        Assert.True(interrupted);
    }

    [Fact]
    public void A_callback_of_the_domain_must_not_write()
    {
        using RcuDomain domain = new();
        using RcuReaderWriterLock table = new(domain);
        Exception? thrown = null;
        bool hasRead = false;
        domain.Call(() =>
        {
            thrown = Record.Exception(() => table.Write().Dispose());
            using (table.Read())
            {
                hasRead = true;
            }
        });
        domain.Barrier();
        Assert.IsType<InvalidOperationException>(thrown);
        Assert.True(hasRead);
    }

    // Fault caught: a thread that ended inside a Read keeps writers out for ever.
    [Fact]
    public void A_thread_that_ends_inside_a_read_holds_up_no_writer()
    {
        using RcuReaderWriterLock table = new();
        int abandoned = 0;
        table.Domain.ReaderAbandoned += (_, _) => abandoned++;
        Worker.Run(() => table.Read());
        table.Write().Dispose();
        Until.True(() => table.Domain.GetStatistics().ReadersAbandoned == 1 && abandoned == 1);
    }

    [Theory]
    [InlineData(false, 2, 1)]
    [InlineData(true, 2, 1)]
    [InlineData(false, 3, 3)]
    public void What_a_writer_changes_readers_see_whole(bool isFull, int readers, int writers)
    {
        const int Writes = 300;
        using RcuDomain? domain = New(isFull);
        using RcuReaderWriterLock table = new(domain);
        long first = 0;
        long second = 0;
        int inside = 0;
        int left = writers;
        Worker[] reading = Worker.StartMany(readers, i =>
        {
            while (Volatile.Read(ref left) != 0)
            {
                using (table.Read())
                {
                    long seen = first;
                    if (i == 0)
                    {
                        using (table.Read())
                        {
                            Assert.Equal(seen, second);
                        }
                    }

                    Assert.Equal(seen, second);
                }
            }
        });
        Worker[] writing = Worker.StartMany(writers, i =>
        {
            for (int k = 0; k < Writes; k++)
            {
                if (i == 2 && k % 3 == 0)
                {
                    if (table.TryWrite(TimeSpan.Zero, out RcuReaderWriterLock.WriteScope attempt))
                    {
                        Assert.Equal(1, ++inside);
                        inside--;
                        attempt.Dispose();
                    }
                }

                using (table.Write())
                {
                    Assert.Equal(1, ++inside);
                    first++;
                    Thread.Yield();
                    second++;
                    inside--;
                }
            }

            Interlocked.Decrement(ref left);
        });
        Worker.JoinAll(writing);
        Worker.JoinAll(reading);
        Assert.Equal(Writes * writers, first);
    }

    private static RcuDomain? New(bool isFull) =>
        isFull ? Support.Domains.New(ReadSideBarrier.Full) : null;

    private static bool MayRead(RcuReaderWriterLock table)
    {
        bool isInside = table.TryRead(TimeSpan.Zero, out RcuReaderWriterLock.ReadScope scope);
        scope.Dispose();
        return isInside;
    }

    private static bool MayWrite(RcuReaderWriterLock table)
    {
        bool isInside = table.TryWrite(TimeSpan.Zero, out RcuReaderWriterLock.WriteScope scope);
        scope.Dispose();
        return isInside;
    }

    private static bool IsRefused(RcuReaderWriterLock.WriteScope scope)
    {
        try
        {
            scope.Dispose();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private static bool IsRefused(RcuReaderWriterLock.ReadScope scope)
    {
        try
        {
            scope.Dispose();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
