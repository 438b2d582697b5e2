using System.Runtime.Loader;
using Quiescent.Modules;

namespace Quiescent;

/// <summary>
/// Makes it safe to unload code that has queued callbacks, as a kernel module does with <c>rcu_barrier</c> in its exit
/// function.
/// </summary>
/// <remarks>
/// <para>Code that queues nothing but trivial callbacks (frees with the built-in deallocators, and blocks of pools)
/// leaves no pointer to itself behind and needs none of this.</para>
/// <para>Once its callbacks have run, nothing in the library keeps a context alive. What the program made may do so: an
/// event handler on a domain that outlives the module, or objects and threads of the module's own. Load the library
/// itself outside of the context, since its threads live as long as its domains.</para>
/// </remarks>
public static class RcuModule
{
    /// <summary>
    /// From now on, <see cref="AssemblyLoadContext.Unload"/> of the context waits until all code that is queued in any
    /// domain at that moment has run: function callbacks, delegates, disposables, returned arrays, blocks of user
    /// deallocators (<see cref="GracePeriodDomain.BarrierCallbacks"/> of each domain). It waits for other modules' code
    /// too, since a pointer to code does not say whose it is. When no code waits, it returns at once, even with blocks
    /// queued and readers inside sections.
    /// </summary>
    /// <param name="context">The context whose code was queued.</param>
    /// <remarks>
    /// <para>Where waiting could last for ever, unloading does not wait, and the context's code stays loaded until the
    /// callbacks have run: inside a section of any domain, online, in a callback, when the thread is interrupted (and
    /// stays so), when the garbage collector unloads a context that nothing refers to, and at process exit. A section
    /// of a <see cref="SrcuDomain"/> belongs to no thread and is not recognised: an unload inside one waits for itself
    /// if callbacks wait in that domain.</para>
    /// <para>As with <c>rcu_barrier</c>, the module's code must have stopped queueing before it is unloaded, also from
    /// its own callbacks.</para>
    /// <para>When memory runs out, <see cref="AssemblyLoadContext.Unload"/> throws <see cref="OutOfMemoryException"/>;
    /// the context is not unloaded then, and unloading can be tried again.</para>
    /// <para>A second call does nothing, and neither does one for a context that is not collectible: its code stays for
    /// good. So does all code under NativeAOT, where unloading an attached context waits for nothing.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">The context is null.</exception>
    /// <exception cref="InvalidOperationException">The context is being unloaded already.</exception>
    public static void Attach(AssemblyLoadContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.IsCollectible)
        {
            Attachments.Add(context);
        }
    }
}
