using System.Numerics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// A first-chance handler is user code that runs where an exception is thrown, before anything is unwound. This one
// waits for a thread that uses all of the library. Fault caught: an allocation that may fail, or an exception that is
// thrown, under a lock of the library's (O8); then the handler waits for ever, as it would if it called Free itself.
public sealed unsafe class FirstChanceTests : IDisposable
{
    private Thread? _failing;
    private bool _isHandled;
    private int _handled;
    private int _at;
    private int _stuck;
    private Action _use = static () => { };

    public FirstChanceTests()
    {
        AppDomain.CurrentDomain.FirstChanceException += Handle;
    }

    public static MatrixTheoryData<string, bool> Places =>
        new(Enum.GetNames<FaultSite>(), [false, true]);

    public void Dispose()
    {
        AppDomain.CurrentDomain.FirstChanceException -= Handle;
        FaultInjection.Decide = null;
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void A_handler_of_a_failure_may_wait_for_a_thread_that_uses_the_library(string place, bool validate)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);
        using RcuDomain domain = new(
            Domains.Served(isShared: validate) with { Validate = validate, Name = nameof(FirstChanceTests) });
        using HeardEvents? heard = site == FaultSite.Events ? new(nameof(FirstChanceTests)) : null;
        using (ParkedReader reader = new(domain))
        {
            _use = () => UseAll(domain);
            FaultInjection.Decide =
                asked => asked == site && !_isHandled && Thread.CurrentThread == Volatile.Read(ref _failing);
            Worker.Run(() =>
            {
                Volatile.Write(ref _failing, Thread.CurrentThread);
                foreach (Action action in ActionsOf(domain, site))
                {
                    Attempt(action);
                }

                if (site == FaultSite.WaitLine)
                {
                    Attempt(() => WaitBehind(reader, domain));
                }
            });
            FaultInjection.Decide = null;
        }

        Assert.True(_stuck == 0, $"A thread is stuck in use {_at}.");
        bool isElsewhere = site is FaultSite.PoolThread or FaultSite.Telemetry or FaultSite.ThreadStat
            or FaultSite.Directory or FaultSite.LargeBlock // Of maps.
            || (!validate && site is FaultSite.Ledger or FaultSite.StackWalk);
        Assert.True(_handled != 0 || isElsewhere, "The place was never reached.");
    }

    // Fault caught: the thread whose start of the reclaimer fails keeps all others from starting one, until its handler
    // returns.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_handler_of_a_start_that_fails_may_wait_at_a_barrier(bool isShared)
    {
        using RcuDomain domain = new(Domains.Served(isShared));
        bool hasRun = false;
        _use = () =>
        {
            domain.Call(() => hasRun = true);
            domain.Barrier();
        };
        FaultInjection.Decide = asked =>
            asked == FaultSite.ThreadStart && !_isHandled && Thread.CurrentThread == Volatile.Read(ref _failing);
        Worker.Run(() =>
        {
            Volatile.Write(ref _failing, Thread.CurrentThread);
            Attempt(() => domain.Call(static () => { }));
        });
        Assert.Equal((0, 1), (_stuck, _handled));
        Assert.True(hasRun);
    }

    [Theory]
    [InlineData("block queued twice")]
    [InlineData("head queued twice")]
    [InlineData("bulk with a block twice")]
    [InlineData("block of the paged heap freed twice")]
    [InlineData("block of a pool freed twice")]
    [InlineData("steps of a domain in use")]
    public void A_handler_of_a_misuse_may_wait_for_a_thread_that_uses_the_library(string misuse)
    {
        using RcuDomain domain = Domains.New(validate: true);
        using RcuPool<long> pool = new(domain);
        void* block = NativeMemory.Alloc(64);
        void* paged = PagedHeap.Alloc(64);
        long* pooled = pool.Rent();
        using (ParkedReader reader = new(domain))
        {
            domain.Free(block, (RcuHead*)block);
            pool.Free(pooled);
            PagedHeap.Free(paged);
            _use = () => UseAll(domain);
            Worker.Run(() =>
            {
                Volatile.Write(ref _failing, Thread.CurrentThread);
                Action mistake = misuse switch
                {
                    "block queued twice" => () => domain.Free(block),
                    "head queued twice" => () => domain.Free(block, (RcuHead*)block),
                    "bulk with a block twice" => () => domain.FreeBulk([(nint)block]),
                    "block of the paged heap freed twice" => () => PagedHeap.Free(paged),
                    "block of a pool freed twice" => () => pool.Free(pooled),
                    _ => Inside.Core(domain).Reclaimer.BeginSteps,
                };
                Attempt(mistake);
            });
        }

        Assert.True(_stuck == 0, $"A thread is stuck in use {_at}.");
        Assert.NotEqual(0, _handled);
    }

    // Fault caught: readers that stall are named under the engine's lock.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_handler_of_a_stall_report_that_fails_may_wait_for_a_thread_that_uses_the_library(bool isSleepable)
    {
        RcuDomainOptions options = new() { StallTimeout = TimeSpan.FromMilliseconds(1), Validate = true };
        using RcuDomain domain = new(options);
        using SrcuDomain sleepable = new(options);
        ParkedReader reader = new(domain);
        SrcuReadLock section = sleepable.ReadLock();
        _use = () =>
        {
            UseAll(domain);
            sleepable.ReadLock().Dispose();
            sleepable.GetStatistics();
        };
        FaultInjection.Decide = asked =>
            asked == FaultSite.Report && !_isHandled && Thread.CurrentThread == Volatile.Read(ref _failing);
        using Worker waiting = Worker.Start(() =>
        {
            Volatile.Write(ref _failing, Thread.CurrentThread);
            Attempt(isSleepable ? sleepable.Synchronize : domain.Synchronize);
        });
        SpinWait.SpinUntil(() => Volatile.Read(ref _handled) != 0, Until.Bound);
        reader.Release();
        section.Dispose();
        waiting.Join();
        Assert.True(_stuck == 0, $"A thread is stuck in use {_at}.");
        Assert.NotEqual(0, _handled);
    }

    // Fault caught: a misuse that is found under the lock of what is misused, and is thrown there.
    [Theory]
    [InlineData("reference replaced after its disposal")]
    [InlineData("reference exchanged after its disposal")]
    [InlineData("bulk changed meanwhile")]
    public void A_handler_of_a_misuse_may_wait_for_a_thread_that_misuses_the_same(string misuse)
    {
        using RcuDomain domain = Domains.New();
        RcuReference<MemoryStream> reference = new(null, domain);
        reference.Dispose();
        nint[] blocks = new nint[2_000];
        blocks[0] = (nint)NativeMemory.Alloc(16);
        FaultInjection.Decide = site =>
        {
            if (site == FaultSite.Page && Thread.CurrentThread == Volatile.Read(ref _failing))
            {
                for (int i = 1; i < blocks.Length; i++)
                {
                    blocks[i] = (nint)NativeMemory.Alloc(16); // Those that do not find room leak.
                }
            }

            return false;
        };
        Action mistake = misuse switch
        {
            "reference replaced after its disposal" => () => reference.Replace(null),
            "reference exchanged after its disposal" => () => reference.Exchange(null),
            _ => () => domain.FreeBulk(blocks),
        };
        _use = () =>
        {
            UseAll(domain);
            Assert.Throws<ObjectDisposedException>(() => reference.Replace(null));
        };
        Worker.Run(() =>
        {
            Volatile.Write(ref _failing, Thread.CurrentThread);
            Attempt(mistake);
        });
        Assert.True(_stuck == 0, $"A thread is stuck in use {_at}.");
        Assert.NotEqual(0, _handled);
    }

    private IEnumerable<Action> ActionsOf(RcuDomain domain, FaultSite site)
    {
        if (site == FaultSite.SlotChunk)
        {
            yield return () => RegisterBeyondAChunk(domain);
        }

        if (site == FaultSite.Events)
        {
            // Before the reclaimer has a thread, which would make the ring as well.
            yield return () => domain.Core.Engine.TryAdvance(domain.Core.Engine.NextTarget());
            yield return () => FillPages(domain);
        }

        foreach (Form form in Enum.GetValues<Form>())
        {
            yield return () => Forms.Queue(domain, form);
        }

        yield return () => domain.ReadLock().Dispose();
        yield return () => domain.RegisterReader().Dispose();
        yield return () => domain.StartPoll();
        yield return () => _ = domain.SynchronizeAsync(CancellationToken.None).AsTask();
        yield return () => _ = domain.BarrierAsync(CancellationToken.None).AsTask();
        yield return () => domain.GetStatistics();
        yield return () => new RcuDomain().Dispose();
        yield return () => UseSleepable(domain.Options.Validate);
        yield return () => UsePool(domain.Options.Validate);
        yield return () => UseArrays(domain);
        switch (site)
        {
            case FaultSite.Deallocator:
                yield return () => FreeOfNewType(domain);
                break;
            case FaultSite.Report:
                yield return () => LeaveASection(domain);
                break;
            case FaultSite.Ticket:
                yield return OpenManySections;
                break;
        }
    }

    private static void UseArrays(RcuDomain domain)
    {
        RcuArrayPool<byte> arrays = new(domain);
        arrays.Return(arrays.Rent(100));
    }

    private void UseAll(RcuDomain domain)
    {
        Action[] uses =
        [
            () => Forms.QueueAll(domain),
            () => domain.ReadLock().Dispose(),
            () => domain.StartPoll(),
            () => _ = domain.SynchronizeAsync(CancellationToken.None).AsTask(),
            () => _ = domain.BarrierAsync(CancellationToken.None).AsTask(),
            () => domain.GetStatistics(),
            () => FreePaged(domain),
            () => new RcuDomain().Dispose(),
            () => UseSleepable(domain.Options.Validate),
            () => UsePool(domain.Options.Validate),
            () => UseArrays(domain),
        ];
        for (int i = 0; i < uses.Length; i++)
        {
            Volatile.Write(ref _at, i);
            uses[i]();
        }
    }

    // More than the process has tickets for, and no more than that: the next run of this test would find them all
    // there. The failure is not seen here if the thread got some tickets of its batch.
    private void OpenManySections()
    {
        const int Most = 1_000_000;
        using SrcuDomain domain = new();
        List<SrcuReadLock> sections = [];
        try
        {
            for (int i = 0; i < Most && !_isHandled; i++)
            {
                sections.Add(domain.ReadLock());
            }
        }
        finally
        {
            sections.ForEach(static section => section.Dispose());
        }
    }

    // Fills the table's chunks, so that this thread's registration, its first, needs another one.
    private static void RegisterBeyondAChunk(RcuDomain domain)
    {
        SlotTable slots = domain.Core.Slots;
        while (!BitOperations.IsPow2(slots.End + (1 << Tuning.FirstChunkLog2)))
        {
            slots.Extend(owner: null);
        }

        domain.ReadLock().Dispose();
    }

    private static void LeaveASection(RcuDomain domain)
    {
        Worker.Run(() => domain.ReadLock());
        domain.Core.Engine.Sweep();
        domain.GetStatistics(); // Reports it.
    }

    // Enough that the thread drives a grace period itself, while it has its queue.
    private static void FillPages(RcuDomain domain)
    {
        for (int i = 0; i < 8 * Page.Entries; i++)
        {
            domain.Free(Forms.NewBlock());
        }
    }

    private static void FreePaged(RcuDomain domain) => domain.Free<PagedHeap>(PagedHeap.Alloc(16));

    private static void FreeOfNewType(RcuDomain domain) => domain.Free<NeverUsed>(NativeMemory.Alloc(16));

    // Only a wait that lasts asks for a place in the line.
    private void WaitBehind(ParkedReader reader, RcuDomain domain)
    {
        Worker releasing = Worker.Start(() =>
        {
            SpinWait.SpinUntil(() => Volatile.Read(ref _handled) != 0, Until.Bound);
            reader.Release();
        });
        domain.Synchronize();
        releasing.Join();
    }

    private static void UseSleepable(bool validate)
    {
        using SrcuDomain domain = new(new RcuDomainOptions { Validate = validate });
        domain.ReadLock().Dispose();
        domain.Call(static () => { });
        domain.StartPoll();
    }

    private static void UsePool(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate); // Nobody reads in it: a pool's disposal waits.
        using RcuPool<long> pool = new(domain);
        pool.FreeNow(pool.Rent());
    }

    private void Attempt(Action action)
    {
        _isHandled = false;
        try
        {
            action();
        }
        catch (Exception e) when (e is OutOfMemoryException or InvalidOperationException or ArgumentException)
        {
            // On purpose; the handler has run.
        }
    }

    private void Handle(object? sender, FirstChanceExceptionEventArgs thrown)
    {
        if (_isHandled || Thread.CurrentThread != Volatile.Read(ref _failing))
        {
            return;
        }

        _isHandled = true;
        _handled++;
        Worker user = Worker.Start(_use);
        if (!SpinWait.SpinUntil(() => user.HasEnded, Until.Bound))
        {
            _stuck++;
            Volatile.Write(ref _failing, null); // Once is enough.
        }
    }

    private readonly struct NeverUsed : INativeDeallocator
    {
        public static void Free(void* block) => NativeMemory.Free(block);
    }
}
