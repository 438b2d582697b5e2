using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Modules;

// The load contexts whose unloading waits for their callbacks. Why that is safe:
//
// - A context's code is there as long as something refers to one of its assemblies, even after Unload; until the
//   Unloading event is over, the runtime itself does. So during the event the assemblies are tied to the barriers of
//   all domains in which code waits. Whether or not the thread that unloads waits for those, the code is not gone
//   before its callbacks have run.
// - Items that were queued before the call of Unload are in a domain's queues. The domain is in the list until these
//   have been reclaimed, or until nothing refers to it any more: then it has no thread, and never runs anything.
// - A thread that waits holds up nothing that it waits for: no thread waits inside a section or on a reclaimer, of any
//   domain, since callbacks may in turn wait for other domains.
// - The finalizer's thread raises the event for a context that nothing refers to, and at process exit for all contexts.
//   It does not wait. While it is not known which thread that is, no thread waits for longer than a callback may
//   reasonably take.
internal static class Attachments
{
    private static ConditionalWeakTable<AssemblyLoadContext, object?>? s_contexts;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    /// <exception cref="InvalidOperationException">The context is being unloaded.</exception>
    public static void Add(AssemblyLoadContext context)
    {
        if (Contexts.TryAdd(context, null))
        {
            FinalizerThread.Ask();
            context.Unloading += OnUnloading;
        }

        // Looks at the list after adding the handler: if the event had been raised before that, the context would be
        // gone from the list.
        if (!IsListed(context))
        {
            throw new InvalidOperationException(
                "The context is being unloaded already: nothing waits for its callbacks any more.");
        }
    }

    private static bool IsListed(AssemblyLoadContext context)
    {
        foreach (AssemblyLoadContext listed in AssemblyLoadContext.All)
        {
            if (listed == context)
            {
                return true;
            }
        }

        return false;
    }

    private static ConditionalWeakTable<AssemblyLoadContext, object?> Contexts =>
        Order.Acquire(in s_contexts) ?? Once.Keep(ref s_contexts, []);

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

            // A context without assemblies has no code. Under NativeAOT all contexts are like that, and the process's
            // exit raises the event on the thread that exits.
            Assembly[] code = barriers.Count != 0 ? new List<Assembly>(context.Assemblies).ToArray() : [];
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
            // The exception leaves Unload before anything is unloaded. But the event is not raised again by itself, and
            // the finalizer was called off: this restores both.
            context.Unloading += OnUnloading;
            GC.ReRegisterForFinalize(context);
            throw;
        }
    }

    private static void KeepUntil(List<Task> barriers, Assembly[] code) => Task.WhenAll(barriers).ContinueWith(
        static (all, code) =>
        {
            _ = all.Exception; // From disposed domains, which have reclaimed everything.
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
            // From disposed domains, as above.
        }
    }
}
