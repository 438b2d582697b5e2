using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Modules;

// What the thread that proposed kfree_rcu said about modules, with real ones.
public sealed unsafe class UnloadTests
{
    public static TheoryData<string> Code =>
        ["function", "delegate", "state", "asynchronous", "disposable", "array", "user block", "user head"];

    // The counter-example from that thread, in its order. Fault caught: an Unload that waits for a grace period, or for
    // nothing, instead of callbacks.
    [Fact]
    public void A_callback_that_waits_beyond_its_grace_period_runs_before_Unload_returns()
    {
        using RcuDomain domain = Domains.New();
        using BusyReclaimer busy = new(domain);
        LoadedModule module = LoadedModule.Load();

        module.Queue(domain, "function"); // a: the module queues a function callback.
        domain.Synchronize();             // b: its grace period ends; the callback still waits.
        Assert.Equal(0, module.Ran);
        module.Queue(domain, "block");    // c: the module frees something else.
        using Unloading unloading = module.BeginUnload(); // d: it is unloaded.
        busy.Release();                   // e: the callback runs.

        Assert.Equal(1, unloading.RanAtReturn);
        module.MustBeCollected();
        RcuAssert.BooksBalance(domain);
    }

    // The same without Attach: the code is gone while its callback waits. The test puts a function of its own in the
    // callback's place.
    [Fact]
    public void Without_Attach_a_callback_outlives_its_code()
    {
        using RcuDomain domain = Domains.New();
        using BusyReclaimer busy = new(domain);
        LoadedModule module = LoadedModule.Load(attach: false);

        RcuHead* head = (RcuHead*)module.Queue(domain, "function");
        nint function = head->Word;
        domain.Synchronize();
        module.Queue(domain, "block");
        module.Unload();
        module.MustBeCollected();

        Assert.Equal(2, domain.GetStatistics().CallbacksWaiting);
        Assert.Equal(function, head->Word);
        head->Word = (nint)(delegate*<RcuHead*, void>)&FreeHead;
        busy.Release();
        domain.BarrierCallbacks();
        Assert.Equal(0, module.Ran);
    }

    // Fault caught: an Unload that waits for items that leave no pointer to code behind.
    [Theory]
    [InlineData("block")]
    [InlineData("head")]
    public void A_module_of_trivial_callbacks_is_gone_while_its_blocks_still_wait(string way)
    {
        const int Blocks = 2_000;
        using RcuDomain domain = Domains.New();
        using (ParkedReader reader = new(domain))
        {
            LoadedModule module = LoadedModule.Load();
            module.Queue(domain, way, Blocks);
            module.Unload();
            module.MustBeCollected();
            Assert.Equal(Blocks, domain.GetStatistics().BlocksWaiting);
        }

        Assert.Equal(Blocks, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    [Theory]
    [MemberData(nameof(Code))]
    public void Everything_that_runs_a_module_s_code_is_waited_for_in_the_default_domain(string way) =>
        MustWaitIn(Rcu.DefaultDomain, way);

    [Theory]
    [MemberData(nameof(Code))]
    public void Everything_that_runs_a_module_s_code_is_waited_for_in_a_domain_of_its_own(string way)
    {
        using RcuDomain domain = Domains.New();
        MustWaitIn(domain, way);
        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [MemberData(nameof(Code))]
    public void Everything_that_runs_a_module_s_code_is_waited_for_in_a_sleepable_domain(string way)
    {
        using SrcuDomain domain = new();
        MustWaitIn(domain, way);
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void All_domains_are_waited_for_that_the_module_queued_in()
    {
        using RcuDomain first = Domains.New();
        using SrcuDomain second = new();
        using BusyReclaimer busyFirst = new(first);
        using BusyReclaimer busySecond = new(second);
        LoadedModule module = LoadedModule.Load();
        module.Queue(first, "function", 3);
        module.Queue(second, "function", 4);
        using Unloading unloading = module.BeginUnload();
        busySecond.Release();
        busyFirst.Release();
        Assert.Equal(7, unloading.RanAtReturn);
        module.MustBeCollected();
    }

    [Fact]
    public void A_reader_that_stays_is_waited_for_as_long_as_code_waits_for_it()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        LoadedModule module = LoadedModule.Load();
        module.Queue(domain, "function", 1_000);
        using Unloading unloading = module.BeginUnload();
        reader.Release();
        Assert.Equal(1_000, unloading.RanAtReturn);
        module.MustBeCollected();
    }

    [Fact]
    public void Items_that_an_ended_thread_of_the_module_queued_are_waited_for()
    {
        using RcuDomain domain = Domains.New();
        using BusyReclaimer busy = new(domain);
        LoadedModule module = LoadedModule.Load();
        Worker.Run(() => module.Queue(domain, "function"));
        using Unloading unloading = module.BeginUnload();
        busy.Release();
        Assert.Equal(1, unloading.RanAtReturn);
        module.MustBeCollected();
    }

    // Fault caught: a domain that is forgotten while its last callbacks still run.
    [Fact]
    public void A_domain_that_is_being_disposed_of_is_waited_for()
    {
        using RcuDomain domain = Domains.New();
        using BusyReclaimer busy = new(domain);
        LoadedModule module = LoadedModule.Load();
        module.Queue(domain, "function");
        using Worker disposing = Worker.Start(domain.Dispose);
        Until.True(() => IsClosed(domain));
        using Unloading unloading = module.BeginUnload();
        busy.Release();
        Assert.Equal(1, unloading.RanAtReturn);
        disposing.Join();
        module.MustBeCollected();
    }

    private static void MustWaitIn(GracePeriodDomain domain, string way)
    {
        using BusyReclaimer busy = new(domain);
        LoadedModule module = LoadedModule.Load();
        module.Queue(domain, way);
        using Unloading unloading = module.BeginUnload();
        Assert.Equal(0, module.Ran);
        busy.Release();
        Assert.Equal(1, unloading.RanAtReturn);
        module.MustBeCollected();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsClosed(RcuDomain domain)
    {
        try
        {
            domain.GetState();
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static void FreeHead(RcuHead* head) => NativeMemory.Free(head);
}
