using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Quiescent.Reclamation;

namespace Quiescent.Modules;

// The contexts that wait before they are unloaded. Why that is safe:
//
// - A context's code is there as long as something refers to one of its assemblies, also after Unload: until the
//   Unloading event is over the runtime itself does. So during the event the assemblies are tied to the barriers of all
//   domains in which code waits: who unloads may wait for those or not, the code is not gone before its callbacks are.
// - What was queued before Unload was called is in a domain's queues, and the domain is in the list until these have
//   been reclaimed, or nothing refers to it any more: then it has no thread, and never runs anything.
// - Whoever waits holds up nothing that it waits for: nobody waits inside a section, nor on a reclaimer, of whatever
//   domain, since callbacks may in turn wait for other domains.
// - The finalizer's thread raises the event for a context that nothing refers to, and at process exit for all. It does
//   not wait; and while it is not known which thread that is, nobody waits for longer than a callback may reasonably
//   take.
internal static class Attachments
{
    private static readonly ConditionalWeakTable<AssemblyLoadContext, object?> s_contexts = [];
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    /// <exception cref="InvalidOperationException">The context is being unloaded.</exception>
    public static void Add(AssemblyLoadContext context)
    {
        if (s_contexts.TryAdd(context, null))
        {
            FinalizerThread.Ask();
            context.Unloading += OnUnloading;
        }

        // Looked at afterwards: had the event been raised before the handler was there, the context would be gone from
        // the list.
        if (!AssemblyLoadContext.All.Contains(context))
        {
            throw new InvalidOperationException("The context is being unloaded already: nothing waits for its callbacks any more.");
        }
    }

    private static void OnUnloading(AssemblyLoadContext context)
    {
        try
        {
            List<DomainCore> domains = UnloadBarrier.Domains();
            List<Task> barriers = [];
            foreach (DomainCore domain in domains)
            {
                if (UnloadBarrier.WhenCodeHasRun(domain) is { } barrier)
                {
                    barriers.Add(barrier);
                }
            }

            // Without an assembly there is no code: so it is with all contexts under NativeAOT, where the process's
            // exit raises the event on the thread that exits.
            Assembly[] code = barriers.Count != 0 ? [.. context.Assemblies] : [];
            if (code.Length != 0)
            {
                KeepUntil(barriers, code);
                if (!domains.Exists(static domain => domain.IsEntangled))
                {
                    Wait([.. barriers]);
                }
            }
        }
        catch (OutOfMemoryException)
        {
            // It leaves Unload before anything is unloaded; but the event is not raised again, and the finalizer was
            // called off.
            context.Unloading += OnUnloading;
            GC.ReRegisterForFinalize(context);
            throw;
        }
    }

    private static void KeepUntil(List<Task> barriers, Assembly[] code) => Task.WhenAll(barriers).ContinueWith(
        static (all, code) =>
        {
            _ = all.Exception; // Of disposed domains, which have carried everything out.
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
            // Of disposed domains, as above.
        }
    }
}
