using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Modules;

// tests/Programs/UnloadableModule, loaded into a collectible context of its own. Unload or Drop drops every reference
// to the context, on another thread's stack, so that nothing of the test's keeps it.
internal sealed unsafe class LoadedModule
{
    // Never freed: after a test that fails, callbacks may still wait.
    private readonly long* _counter =
        (long*)RuntimeHelpers.AllocateTypeAssociatedMemory(typeof(LoadedModule), sizeof(long));
    private readonly WeakReference _context;
    private readonly WeakReference _code;
    private AssemblyLoadContext? _loaded;

    private LoadedModule(AssemblyLoadContext context, Assembly code)
    {
        _loaded = context;
        _context = new WeakReference(context);
        _code = new WeakReference(code);
    }

    /// <summary>How often its callbacks have run.</summary>
    public long Ran => Interlocked.Read(ref *_counter);

    /// <summary>Whether its code is still loaded.</summary>
    public bool IsLoaded => _context.IsAlive || _code.IsAlive;

    public static LoadedModule Load(bool attach = true)
    {
        AssemblyLoadContext context = new("module", isCollectible: true);
        Assembly code = context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "UnloadableModule.dll"));
        if (attach)
        {
            RcuModule.Attach(context);
        }

        return new LoadedModule(context, code);
    }

    public nint Queue(GracePeriodDomain domain, string way, int count = 1) =>
        (nint)Call("Queue", domain, way, count, (nint)_counter)!;

    public void UsePool(GracePeriodDomain domain) => Call("UsePool", domain);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void AttachAgain() => RcuModule.Attach(_loaded!);

    /// <summary>Unloads the context, and keeps it to be unloaded again.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void TryUnload() => _loaded!.Unload();

    /// <summary>Unloads the context on this thread.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Unload() => Take().Unload();

    /// <summary>Unloads the context in the background; returns once that waits. The worker then knows how many of the
    /// module's callbacks had run at the end.</summary>
    public Unloading BeginUnload() => new(this);

    /// <summary>Leaves the context to the garbage collector.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Drop() => Take();

    /// <summary>Waits until nothing of the module is left.</summary>
    public void MustBeCollected() => Until.True(() =>
    {
        Collect();
        return !IsLoaded;
    });

    public static void Collect()
    {
        GC.Collect();
        DeliberateWait.Run(() =>
        {
            GC.WaitForPendingFinalizers();
            return true;
        });
    }

    private AssemblyLoadContext Take() => Interlocked.Exchange(ref _loaded, null)!;

    // The type is not kept: it would keep its module.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private object? Call(string method, params object[] arguments) =>
        ((Assembly)_code.Target!)
            .GetType("Quiescent.UnloadableModule.Module")!.GetMethod(method)!.Invoke(null, arguments);
}

// A thread that unloads a module, and records how many of its callbacks had run when Unload returned.
internal sealed class Unloading : IDisposable
{
    private readonly Worker _worker;
    private long _ran = -1;

    public Unloading(LoadedModule module)
    {
        _worker = Worker.Start(() =>
        {
            module.Unload();
            _ran = module.Ran;
        });
        Until.True(() => _worker.IsWaiting || _worker.HasEnded);
    }

    public Thread Thread => _worker.Thread;

    /// <summary>How many callbacks had run when Unload returned.</summary>
    public long RanAtReturn
    {
        get
        {
            _worker.Join();
            return _ran;
        }
    }

    public void Dispose() => _worker.Dispose();
}
