using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Quiescent.Memory;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Memory;

// Modules that bring deallocators of their own and are unloaded: this assembly, loaded again into contexts that are
// collected.
public sealed unsafe class CollectibleDeallocatorTests
{
    // Fails when a collected module leaves its channel behind, and with it a queue and a page for each thread.
    [Fact]
    public void Modules_that_come_and_go_leave_no_queues_behind()
    {
        const int Modules = 20;
        using RcuDomain domain = Domains.New();
        long pages = 0;
        int channels = 0;
        for (int i = 0; i < Modules; i++)
        {
            WeakReference module = UseModule(domain);
            Until.True(() =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !module.IsAlive;
            });
            if (i == 0)
            {
                pages = domain.GetStatistics().PagesInUse;
                channels = Channels().Length;
            }
        }

        Assert.Equal(Modules, domain.GetStatistics().BlocksFreed);
        Assert.InRange(domain.GetStatistics().PagesInUse, 0, pages + 1);
        Assert.InRange(Channels().Length, 0, channels + 1);
    }

    // Called by reflection, in a module's context.
    private static void FreeOne(RcuDomain domain)
    {
        domain.Free<ModuleHeap>(NativeMemory.Alloc(32));
        domain.BarrierCallbacks();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference UseModule(RcuDomain domain)
    {
        AssemblyLoadContext context = new("module", isCollectible: true);
        Assembly module = context.LoadFromAssemblyPath(typeof(CollectibleDeallocatorTests).Assembly.Location);
        Type type = module.GetType(typeof(CollectibleDeallocatorTests).FullName!)!;
        Assert.NotSame(typeof(CollectibleDeallocatorTests), type);
        type.GetMethod(nameof(FreeOne), BindingFlags.NonPublic | BindingFlags.Static)!.Invoke(null, [domain]);
        context.Unload();
        return new WeakReference(context);
    }

    private static nint[] Channels() =>
        (nint[])typeof(Deallocators).GetField("s_table", BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null)!;

    private readonly struct ModuleHeap : INativeDeallocator
    {
        public static void Free(void* block) => NativeMemory.Free(block);
    }
}
