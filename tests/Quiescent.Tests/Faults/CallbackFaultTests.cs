using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// User code that misbehaves on the reclaimer, the thread that runs all of it.
public sealed unsafe class CallbackFaultTests
{
    private static long s_throws;
    private static volatile Func<Exception>? s_exception;

    // Faults caught: an exception that ends the reclaimer, costs the next item, or has an item reclaimed twice.
    [Theory]
    [InlineData(typeof(InvalidOperationException), false)]
    [InlineData(typeof(OutOfMemoryException), false)]
    [InlineData(typeof(ThreadInterruptedException), false)]
    [InlineData(typeof(OperationCanceledException), false)]
    [InlineData(typeof(InvalidOperationException), true)]
    [InlineData(typeof(OutOfMemoryException), true)]
    [InlineData(typeof(ThreadInterruptedException), true)]
    public void Whatever_all_user_code_throws_each_is_called_once_and_counted(Type exception, bool handlerThrowsToo)
    {
        const int Each = 200;
        s_exception = () => (Exception)Activator.CreateInstance(exception)!;
        long before = Interlocked.Read(ref s_throws);
        using RcuDomain domain = Domains.New();
        ConcurrentQueue<Exception> reported = new();
        domain.CallbackFailed += (_, e) =>
        {
            reported.Enqueue(e.Exception);
            if (handlerThrowsToo)
            {
                throw s_exception();
            }
        };
        for (int i = 0; i < Each; i++)
        {
            QueueThrowers(domain);
            Forms.QueueAll(domain);
        }

        RcuStatistics books = RcuAssert.AllReclaimed(domain);
        Assert.Equal(6 * Each, Interlocked.Read(ref s_throws) - before);
        Assert.Equal(6 * Each, books.CallbacksFailed);
        Assert.Equal(6 * Each, reported.Count);
        Assert.All(reported, e => Assert.IsType(exception, e));
        Assert.Equal((0, 0, 0), Inside.Walk(domain));
        Until.True(() => Inside.IsIdle(domain));
    }

    // Fault caught: a domain that hangs because it waits for a section of its own reclaimer. Guards and readers are ref
    // structs: once the callback has returned, nobody holds one, so the section it left open is ended and reported.
    [Theory]
    [InlineData(ParkedReaderKind.Section, false)]
    [InlineData(ParkedReaderKind.Registered, false)]
    [InlineData(ParkedReaderKind.Online, false)]
    [InlineData(ParkedReaderKind.Section, true)]
    [InlineData(ParkedReaderKind.Registered, true)]
    [InlineData(ParkedReaderKind.Online, true)]
    public void A_section_that_a_callback_leaves_open_is_ended_and_reported(ParkedReaderKind kind, bool validate)
    {
        const int Callbacks = 10;
        using RcuDomain domain = Domains.New(validate: validate, name: "left");
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = new();
        domain.ReaderAbandoned += (_, e) => reports.Enqueue(e);
        for (int i = 0; i < Callbacks; i++)
        {
            domain.Call(() => LeaveOpen(domain, kind));
            Worker.Run(() => domain.BarrierAsync(CancellationToken.None).AsTask().Wait(Until.Bound));
            Assert.True(
                Worker.Start(domain.Synchronize) is { } worker
                    && SpinWait.SpinUntil(() => worker.HasEnded, Until.Bound));
        }

        Forms.QueueAll(domain);
        RcuAssert.AllReclaimed(domain);
        Until.True(() => reports.Count == Callbacks);
        Assert.Equal(Callbacks, domain.GetStatistics().ReadersAbandoned);
        Assert.All(reports, e => Assert.Equal(("rcu reclaimer (left)", 1), (e.ThreadName, e.Depth)));
        domain.Call(() => Assert.False(domain.IsReadLockHeld));
        Assert.Equal(0, RcuAssert.AllReclaimed(domain).CallbacksFailed);
        Until.True(() => Inside.IsIdle(domain));
    }

    // Fault caught: the same, left open by a handler after the reclaimer's last look before it sleeps.
    [Fact]
    public void A_section_that_a_handler_leaves_open_is_ended()
    {
        using RcuDomain domain = Domains.New();
        domain.CallbackFailed += (_, _) => domain.ReadLock();
        int reports = 0;
        domain.ReaderAbandoned += (_, _) =>
        {
            if (Interlocked.Increment(ref reports) == 1)
            {
                domain.ReadLock();
            }
        };
        domain.Call(static () => throw new InvalidOperationException());
        domain.Barrier();
        Until.True(() => Inside.IsIdle(domain));
        domain.Synchronize();
        Assert.Equal(2, domain.GetStatistics().ReadersAbandoned);
    }

    // Fault caught: a section that another domain's callback left open, and that no report names.
    [Fact]
    public void A_section_that_a_callback_leaves_open_in_another_domain_is_a_stall_of_the_thread_that_ran_it()
    {
        using RcuDomain read = new(new RcuDomainOptions
        {
            Name = "read",
            StallTimeout = TimeSpan.FromMilliseconds(20),
        });
        ConcurrentQueue<StallEventArgs> stalls = new();
        read.Stalled += (_, e) => stalls.Enqueue(e);
        Worker synchronizer;
        using (RcuDomain domain = Domains.New(name: "ran"))
        {
            domain.Call(() => read.ReadLock());
            domain.Barrier();
            synchronizer = Worker.Start(read.Synchronize);
            Until.True(() => !stalls.IsEmpty);
        }

        // The domain's thread has ended with it.
        synchronizer.Join();
        Assert.Equal("rcu reclaimer (ran)", stalls.First().ThreadName);
        Assert.Equal(1, read.GetStatistics().ReadersAbandoned);
    }

    private static void LeaveOpen(RcuDomain domain, ParkedReaderKind kind)
    {
        if (kind == ParkedReaderKind.Section)
        {
            domain.ReadLock();
            return;
        }

        RcuReader reader = domain.RegisterReader();
        if (kind == ParkedReaderKind.Registered)
        {
            reader.ReadLock();
        }
        else
        {
            reader.GoOnline();
        }
    }

    private static void QueueThrowers(RcuDomain domain)
    {
        domain.Call(Throw);
        domain.Call(0, static _ => Throw());
        domain.Call((RcuHead*)Forms.NewBlock(), &ThrowHead);
        domain.Dispose(new ThrowingResource());
        domain.Return(new ThrowingPool(), []);
        domain.Free<ThrowingHeap>(Forms.NewBlock());
    }

    private static void Throw()
    {
        Interlocked.Increment(ref s_throws);
        throw s_exception!();
    }

    private static void ThrowHead(RcuHead* head)
    {
        NativeMemory.Free(head);
        Throw();
    }

    private readonly struct ThrowingHeap : INativeDeallocator
    {
        public static void Free(void* block)
        {
            NativeMemory.Free(block);
            Throw();
        }
    }

    private sealed class ThrowingResource : IDisposable
    {
        public void Dispose() => Throw();
    }

    private sealed class ThrowingPool : ArrayPool<byte>
    {
        public override byte[] Rent(int minimumLength) => [];

        public override void Return(byte[] array, bool clearArray = false) => Throw();
    }
}
