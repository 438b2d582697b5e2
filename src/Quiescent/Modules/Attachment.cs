using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Quiescent.Ordering;

namespace Quiescent.Modules;

// What makes a context wait before it is unloaded. Why that is safe:
//
// - A context's code is there as long as something refers to one of its assemblies, also after Unload: until the Unloading event is
//   over the runtime itself does. So during the event the assemblies are tied to the barriers of all domains in which code waits; who
//   unloads may wait for those or not, the code is not gone before its callbacks are.
// - Whatever was queued before Unload was called is in a domain's queues, and the domain in the list: a domain whose
//   queues hold something is either reachable, or has no thread and will never carry anything out.
// - Whoever waits holds up nothing that it waits for: nobody waits inside a section, nor on a reclaimer, of whatever domain,
//   since callbacks may in turn wait for other domains.
// - The finalizer's thread runs the event for a context that nothing refers to, and for all contexts at process exit. It does not wait.
//   The first is told by the weak reference, which has lost its target by then; the second by the thread, and while
//   it is not known which thread finalizes, nobody waits for longer than a callback may reasonably take.
internal sealed class Attachment
{
    private static readonly ConditionalWeakTable<AssemblyLoadContext, Attachment> s_attachments = [];
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private readonly WeakReference<AssemblyLoadContext> _context;
    private readonly Action<AssemblyLoadContext> _handler;

    private Attachment(AssemblyLoadContext context)
    {
        _context = new WeakReference<AssemblyLoadContext>(context);
        _handler = OnUnloading;
    }

    /// <exception cref="InvalidOperationException">The context is being unloaded.</exception>
    public static void Add(AssemblyLoadContext context)
    {
        Attachment attachment = new(context);
        if (s_attachments.TryAdd(context, attachment))
        {
            FinalizerThread.Ask();
            context.Unloading += attachment._handler;
        }

        // Looked at afterwards: had the event been raised before the handler was there, the context would be gone from the list.
        if (!AssemblyLoadContext.All.Contains(context))
        {
            throw new InvalidOperationException("The context is being unloaded already: nothing waits for its callbacks any more.");
        }
    }

    private void OnUnloading(AssemblyLoadContext context)
    {
        try
        {
            List<CodeQueues> domains = LiveDomains.All();
            Task[] barriers = [.. domains.Select(static domain => domain.WhenCarriedOut()).OfType<Task>()];
            if (barriers.Length != 0)
            {
                KeepUntil(barriers, [.. context.Assemblies]);
                if (_context.TryGetTarget(out _) && !domains.Exists(static domain => domain.IsEntangled))
                {
                    Wait(barriers);
                }
            }
        }
        catch (OutOfMemoryException)
        {
            // The exception ends Unload before anything is unloaded, but the event has been raised, and the finalizer called off.
            context.Unloading += _handler;
            GC.ReRegisterForFinalize(context);
            throw;
        }
    }

    private static void KeepUntil(Task[] barriers, Assembly[] code) => Task.WhenAll(barriers).ContinueWith(
        static (all, code) =>
        {
            _ = all.Exception; // A disposed domain's, which has carried everything out.
            GC.KeepAlive(code);
        },
        code,
        CancellationToken.None,
        TaskContinuationOptions.None,
        TaskScheduler.Default);

    private static void Wait(Task[] barriers)
    {
        if (!FinalizerThread.IsKnown)
        {
            GC.Collect(0);
        }

        long start = Stopwatch.GetTimestamp();
        try
        {
            while (!FinalizerThread.IsCurrent
                && (FinalizerThread.IsKnown || Stopwatch.GetElapsedTime(start) < s_limit)
                && !Task.WaitAll(barriers, FinalizerThread.IsKnown ? Timeout.InfiniteTimeSpan : s_look))
            {
            }
        }
        catch (ThreadInterruptedException)
        {
            Thread.CurrentThread.Interrupt();
        }
        catch (AggregateException)
        {
            // Disposed domains have carried everything out.
        }
    }
}
