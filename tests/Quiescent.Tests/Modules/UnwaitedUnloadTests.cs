using Quiescent.Tests.Support;

namespace Quiescent.Tests.Modules;

// Where Unload cannot wait it returns, and the code stays until its callbacks have run.
public sealed class UnwaitedUnloadTests
{
    [Fact]
    public void Inside_a_section_of_the_domain_the_code_stays_until_its_callbacks_have_run()
    {
        using RcuDomain domain = Domains.New();
        LoadedModule module = LoadedModule.Load();
        using (domain.ReadLock())
        {
            module.Queue(domain, "function");
            MustStayAfterUnload(module);
        }

        MustGoOnceRun(module);
    }

    // Fault caught: a thread that waits for callbacks which in turn wait for its section.
    [Fact]
    public void Inside_a_section_of_another_domain_it_is_the_same()
    {
        using RcuDomain domain = Domains.New();
        using RcuDomain other = Domains.New();
        LoadedModule module = LoadedModule.Load();
        using (other.ReadLock())
        {
            domain.Call(other.Synchronize);
            module.Queue(domain, "function");
            MustStayAfterUnload(module);
        }

        MustGoOnceRun(module);
    }

    [Fact]
    public void Online_it_is_the_same()
    {
        using RcuDomain domain = Domains.New();
        LoadedModule module = LoadedModule.Load();
        using (RcuReader reader = domain.RegisterReader())
        {
            reader.GoOnline();
            module.Queue(domain, "function");
            MustStayAfterUnload(module);
        }

        MustGoOnceRun(module);
    }

    [Fact]
    public void From_a_callback_it_is_the_same()
    {
        using RcuDomain domain = Domains.New();
        LoadedModule module = LoadedModule.Load();
        long ranAtReturn = -1;
        domain.Call(() =>
        {
            module.Queue(domain, "function");
            module.Unload();
            ranAtReturn = module.Ran;
        });
        domain.BarrierCallbacks();
        Assert.Equal(0, ranAtReturn);
        MustGoOnceRun(module);
    }

    // Fault caught: two reclaimers that wait for each other.
    [Fact]
    public void Callbacks_of_two_domains_may_unload_modules_at_a_time()
    {
        using RcuDomain first = Domains.New();
        using SrcuDomain second = new();
        LoadedModule one = LoadedModule.Load();
        LoadedModule two = LoadedModule.Load();
        using Barrier both = new(2);
        first.Call(() => UnloadTogether(one, second, both));
        second.Call(() => UnloadTogether(two, first, both));
        MustGoOnceRun(one);
        MustGoOnceRun(two);
        first.BarrierCallbacks();
        second.BarrierCallbacks();
    }

    [Fact]
    public void An_interrupt_ends_the_wait_and_stays_pending()
    {
        using RcuDomain domain = Domains.New();
        using BusyReclaimer busy = new(domain);
        LoadedModule module = LoadedModule.Load();
        module.Queue(domain, "function");
        bool wasPending = false;
        using Worker worker = Worker.Start(() =>
        {
            module.Unload();
            wasPending =
                Assert.Throws<ThreadInterruptedException>(static () => Thread.Sleep(Timeout.Infinite)) is not null;
        });
        Until.True(() => worker.IsWaiting);
        worker.Thread.Interrupt();
        worker.Join();
        Assert.True(wasPending);
        Assert.Equal(0, module.Ran);
        LoadedModule.Collect();
        Assert.True(module.IsLoaded);
        busy.Release();
        MustGoOnceRun(module);
    }

    // Faults caught: a finalizer thread that waits for a reader, and code that is unloaded because the thread did not
    // wait.
    [Fact]
    public void A_context_that_nothing_refers_to_stays_until_its_callbacks_have_run_and_holds_up_no_finalizer()
    {
        using RcuDomain domain = Domains.New();
        LoadedModule module = LoadedModule.Load();
        using (ParkedReader reader = new(domain))
        {
            module.Queue(domain, "function");
            LoadedModule.Collect(); // From here on the finalizer's thread is known.
            module.Drop();
            for (int i = 0; i < 5; i++)
            {
                Worker.Run(LoadedModule.Collect);
            }

            Assert.True(module.IsLoaded);
            Assert.Equal(0, module.Ran);
        }

        MustGoOnceRun(module);
    }

    [Fact]
    public void A_context_that_nothing_refers_to_and_that_queued_no_code_goes_under_a_reader_s_eyes()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        LoadedModule module = LoadedModule.Load();
        module.Queue(domain, "block");
        module.Drop();
        module.MustBeCollected();
    }

    private static void UnloadTogether(LoadedModule module, GracePeriodDomain other, Barrier both)
    {
        module.Queue(other, "function");
        Assert.True(both.SignalAndWait(Until.Bound));
        module.Unload();
    }

    private static void MustStayAfterUnload(LoadedModule module)
    {
        module.Unload();
        for (int i = 0; i < 3; i++)
        {
            LoadedModule.Collect();
        }

        Assert.Equal(0, module.Ran);
        Assert.True(module.IsLoaded);
    }

    private static void MustGoOnceRun(LoadedModule module)
    {
        Until.True(() => module.Ran == 1);
        module.MustBeCollected();
    }
}
