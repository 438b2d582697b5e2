using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Quiescent.Torture.Modules;

// The module, loaded from this assembly's resources into a collectible context of its own. Nothing else refers to the
// context, so that it can be collected after Unload.
internal sealed class LoadedModule
{
    private const string Resource = "Quiescent.Torture.Module.dll";

    private readonly WeakReference _code;
    private AssemblyLoadContext? _context;
    private Action<GracePeriodDomain, int, nint>? _queue;

    private LoadedModule(AssemblyLoadContext context, Assembly code)
    {
        _context = context;
        _code = new WeakReference(code);
        _queue = code.GetType("Quiescent.Torture.Modules.Module")!
            .GetMethod("Queue")!
            .CreateDelegate<Action<GracePeriodDomain, int, nint>>();
    }

    /// <summary>Whether the code is still there.</summary>
    public bool IsLoaded => _code.IsAlive;

    // Never inlined into a caller, whose frame could keep a reference long after its last use in optimised code.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static LoadedModule Load(bool attach)
    {
        AssemblyLoadContext context = new("a module of the torture", isCollectible: true);
        if (attach)
        {
            RcuModule.Attach(context);
        }

        using Stream image = typeof(LoadedModule).Assembly.GetManifestResourceStream(Resource)!;
        return new LoadedModule(context, context.LoadFromStream(image));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Queue(GracePeriodDomain domain, Form form, nint runs) => _queue!(domain, (int)form, runs);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Unload() => _context!.Unload();

    /// <summary>Drops the module, whose code may be collected from here on.</summary>
    public void Forget()
    {
        _context = null;
        _queue = null;
    }
}
