using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// Disposal that blocks no thread, several disposals at once, and what is reported meanwhile.
public class DisposeAsyncTests
{
    public static TheoryData<bool, bool> Kinds => new() { { false, false }, { false, true }, { true, false } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Everything_queued_is_reclaimed_and_the_thread_ends(bool isSleepable, bool isUnused)
    {
        GracePeriodDomain domain = isSleepable ? new SrcuDomain() : new RcuDomain();
        if (!isUnused)
        {
            Queue(domain);
        }

        await using (domain)
        {
            Assert.Equal(isUnused ? 0 : 1, domain.GetStatistics().CallbacksQueued);
        }

        RcuStatistics books = domain.GetStatistics();
        Assert.Equal((0L, 0L), (books.BlocksWaiting, books.CallbacksWaiting));
        Assert.Equal(isUnused ? (0L, 0L) : (1L, 1L), (books.BlocksFreed, books.CallbacksInvoked));
        Assert.NotEqual(true, Inside.ReclaimerThread(domain)?.IsAlive);
        await domain.DisposeAsync(); // A second time does nothing.
        domain.Dispose();
    }

    [Fact]
    public void It_closes_the_domain_at_once_and_completes_when_the_reader_in_the_way_has_left()
    {
        RcuDomain domain = Domains.New();
        ParkedReader reader = new(domain);
        Queue(domain);
        Task disposal = domain.DisposeAsync().AsTask();
        Assert.Throws<ObjectDisposedException>(() => domain.Call(static () => Assert.Fail()));
        Assert.Throws<ObjectDisposedException>(domain.Synchronize);
        Assert.Throws<ObjectDisposedException>(() => domain.ReadLock().Dispose());
        Assert.False(disposal.IsCompleted);
        Assert.Equal(2, Waiting(domain));
        reader.Release();
        Until.Done(disposal);
        Assert.Equal(0, Waiting(domain));
    }

    // Fault caught: a call that waits for the section or the callback that it is in.
    [Fact]
    public void A_section_and_a_callback_may_begin_it()
    {
        RcuDomain domain = Domains.New();
        Task? disposal = null;
        domain.Call(() => disposal = domain.DisposeAsync().AsTask());
        Until.True(() => Volatile.Read(ref disposal) is not null);
        Until.Done(disposal!);

        domain = Domains.New();
        Queue(domain);
        using (domain.ReadLock())
        {
            disposal = domain.DisposeAsync().AsTask();
        }

        Until.Done(disposal);
        Assert.Equal(0, Waiting(domain));
    }

    [Fact]
    public void The_default_domain_refuses()
    {
        void Dispose() => _ = Rcu.DefaultDomain.DisposeAsync().AsTask();
        Assert.Throws<InvalidOperationException>(Dispose);
        Rcu.Synchronize();
    }

    // Fault caught: a second disposal that returns while the first still waits for a reader.
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Another_disposal_is_not_done_before_the_first(bool isFirstAsync, bool isSecondAsync)
    {
        Begin(Domains.New(), isSecondAsync, static () => { }).Join(); // So that below only the disposal waits.
        RcuDomain domain = Domains.New();
        ParkedReader reader = new(domain);
        Queue(domain);
        using Worker first = Begin(domain, isFirstAsync, static () => { });
        Until.True(() => domain.Core.IsDisposed);
        bool hasBegun = false;
        using Worker second = Begin(domain, isSecondAsync, () => Volatile.Write(ref hasBegun, true));
        Until.True(() => Volatile.Read(ref hasBegun) && (second.IsWaiting || second.HasEnded));
        bool isEarly = first.HasEnded || second.HasEnded;
        reader.Release();
        first.Join();
        second.Join();
        Assert.False(isEarly, "A disposal was done while a reader held it up.");
    }

    // Fault caught: a handler that disposes of its domain again, on the thread that disposes, and waits for itself.
    [Fact]
    public unsafe void A_handler_on_the_disposing_thread_may_ask_again()
    {
        RcuDomain domain = Domains.New(validate: true);
        int asked = 0;
        domain.MisuseFound += (_, _) =>
        {
            domain.Dispose();
            asked++;
        };
        byte* block = (byte*)NativeMemory.Alloc(64);
        domain.Free(block);
        domain.Barrier();
        block[8] = 1; // Found when the disposal empties the quarantine.
        Worker.Run(domain.Dispose);
        Assert.Equal(1, asked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reader_that_holds_the_disposal_up_is_reported_by_name(bool isAsync)
    {
        RcuDomain domain = new(new RcuDomainOptions { StallTimeout = TimeSpan.FromMilliseconds(50) });
        StallEventArgs? before = null;
        StallEventArgs? during = null;
        domain.Stalled += (_, stall) => Volatile.Write(ref stall.IsDisposing ? ref during : ref before, stall);
        ParkedReader reader = new(domain, name: "holds it up");
        Queue(domain);
        Until.True(() => Volatile.Read(ref before) is not null);
        using Worker disposer = Begin(domain, isAsync, static () => { });
        Until.True(() => Volatile.Read(ref during) is not null);
        reader.Release();
        disposer.Join();
        Assert.Equal(("holds it up", "holds it up"), (before!.ThreadName, during!.ThreadName));
        Assert.DoesNotContain("disposal", before.ToString(), StringComparison.Ordinal);
        Assert.Contains("the disposal of the domain waits for it", during.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_callback_that_holds_the_disposal_up_is_reported_by_name()
    {
        RcuDomain domain = new(new RcuDomainOptions { StallTimeout = TimeSpan.FromMilliseconds(50) });
        StallEventArgs? stalled = null;
        domain.Stalled += (_, stall) => Volatile.Write(ref stalled, stall);
        domain.Call(() => Until.True(() => Volatile.Read(ref stalled) is not null));
        Until.Done(domain.DisposeAsync().AsTask());
        Assert.Equal((StallKind.Reclaimer, true), (stalled!.Kind, stalled.IsDisposing));
    }

    // Fault caught: a disposal that failed for lack of memory and cannot be asked for again.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_memory_for_the_reclaimer_it_fails_and_may_be_called_again(bool isShared)
    {
        RcuDomain domain = new(Domains.Served(isShared));
        using (new Failures(FaultSite.ThreadStart, Failing.Every))
        {
            Queue(domain);
            Task failed = domain.DisposeAsync().AsTask();
            Assert.IsType<InsufficientMemoryException>(Record.Exception(failed.GetAwaiter().GetResult));
        }

        Until.Done(domain.DisposeAsync().AsTask());
        Assert.Equal(0, Waiting(domain));
    }

    // What is still queued when a disposal is done has been forgotten.
    private static Worker Begin(RcuDomain domain, bool isAsync, Action begin) =>
        Worker.Start(() =>
        {
            begin();
            if (isAsync)
            {
                Until.Done(domain.DisposeAsync().AsTask());
            }
            else
            {
                domain.Dispose();
            }

            Assert.Equal(0, Waiting(domain));
        });

    private static unsafe void Queue(GracePeriodDomain domain)
    {
        domain.Free(NativeMemory.Alloc(16));
        domain.Call(static () => { });
    }

    private static long Waiting(GracePeriodDomain domain) =>
        domain.GetStatistics() is var books ? books.BlocksWaiting + books.CallbacksWaiting : 0;
}
