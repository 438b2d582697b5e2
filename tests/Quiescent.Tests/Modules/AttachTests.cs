using System.Runtime.Loader;
using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Modules;

public sealed class AttachTests
{
    [Fact]
    public void Null_is_refused() => Assert.Throws<ArgumentNullException>(static () => RcuModule.Attach(null!));

    [Fact]
    public void A_context_that_is_being_unloaded_is_refused()
    {
        AssemblyLoadContext context = new("unloaded", isCollectible: true);
        context.Unload();
        Assert.Throws<InvalidOperationException>(() => RcuModule.Attach(context));
    }

    [Fact]
    public void A_context_that_stays_for_good_needs_nothing()
    {
        RcuModule.Attach(AssemblyLoadContext.Default);
        RcuModule.Attach(new AssemblyLoadContext("stays"));
    }

    [Fact]
    public void Attaching_twice_is_attaching_once()
    {
        using RcuDomain domain = Domains.New();
        using BusyReclaimer busy = new(domain);
        LoadedModule module = LoadedModule.Load();
        module.AttachAgain();
        module.Queue(domain, "function");
        using Unloading unloading = module.BeginUnload();
        busy.Release();
        Assert.Equal(1, unloading.RanAtReturn);
        module.MustBeCollected();
    }

    // Fault caught: an unload that goes on, now or when it is tried again, although there was no memory to wait for its
    // callbacks.
    [Theory]
    [InlineData(nameof(FaultSite.Barrier))]
    [InlineData(nameof(FaultSite.Waiter))]
    public void Without_memory_nothing_is_unloaded_and_the_next_attempt_waits(string site)
    {
        using RcuDomain domain = Domains.New();
        using BusyReclaimer busy = new(domain);
        LoadedModule module = LoadedModule.Load();
        module.Queue(domain, "function");
        using (new Failures(Enum.Parse<FaultSite>(site), Failing.Every))
        {
            Assert.ThrowsAny<OutOfMemoryException>(module.TryUnload);
        }

        module.Queue(domain, "function");
        using Unloading unloading = module.BeginUnload();
        busy.Release();
        Assert.Equal(2, unloading.RanAtReturn);
        module.MustBeCollected();
    }
}
