using System.Runtime.CompilerServices;
using Quiescent.Modules;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Modules;

// Nothing of the library keeps a module once its callbacks have run, though its domain and its threads live on.
public sealed class CollectedModuleTests
{
    public static TheoryData<string> Ways =>
    [
        "function", "delegate", "state", "asynchronous", "disposable", "array",
        "user block", "user head", "block", "head",
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_module_that_queued_is_collected_with_Attach(string way) => MustBeCollected(way, attach: true);

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_module_that_queued_is_collected_without_Attach(string way) => MustBeCollected(way, attach: false);

    [Fact]
    public void A_module_that_had_a_pool_is_collected()
    {
        using RcuDomain domain = Domains.New();
        LoadedModule module = LoadedModule.Load();
        module.UsePool(domain);
        module.Unload();
        module.MustBeCollected();
    }

    [Fact]
    public void Domains_are_known_until_they_are_disposed_of_or_collected()
    {
        LoadedModule.Collect();
        int before = UnloadBarrier.Domains().Count;
        using (RcuDomain domain = Domains.New())
        {
            using SrcuDomain sleepable = new();
            Assert.Equal(before + 2, UnloadBarrier.Domains().Count);
        }

        Assert.Equal(before, UnloadBarrier.Domains().Count);
        WeakReference dropped = Drop();
        Until.True(() =>
        {
            LoadedModule.Collect();
            return !dropped.IsAlive && UnloadBarrier.Domains().Count <= before;
        });
    }

    private static void MustBeCollected(string way, bool attach)
    {
        using RcuDomain domain = Domains.New();
        LoadedModule module = LoadedModule.Load(attach);
        module.Queue(domain, way, 3);
        domain.Barrier();
        module.Unload();
        module.MustBeCollected();
        RcuAssert.BooksBalance(domain);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Drop() => new(Domains.New());
}
