using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Quiescent.Claims.Subject;
using Quiescent.Scale.Runs;

namespace Quiescent.Claims;

// How long Unload takes for a context that RcuModule is attached to. The module is a real one: it is loaded and
// attached, it queues while a section of this thread holds everything back, and it is unloaded when that section has
// ended. Each turn also waits, untimed, until the module has been collected and all its items are reclaimed.
internal static class UnloadCost
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    public static Table Measure(IReadOnlyList<int> backlogs, TimeSpan time, Action<string> say)
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = "claims", BacklogPolicy = BacklogPolicy.None });
        List<string[]> rows = [];
        foreach (int backlog in backlogs)
        {
            say($"unloading: {backlog:N0} queued");
            double[][] rounds = Rounds.Run(
                time / backlogs.Count,
                () => Turn(domain, trivial: false, backlog),
                () => Turn(domain, trivial: true, backlog));
            rows.Add([$"{backlog:N0}", .. rounds.Select(readings => Table.Show(Spread.Of(readings)))]);
        }

        return new("Unloading: µs in `Unload` of a module that queued", ["queued", "functions", "trivial"], rows);
    }

    private static double Turn(RcuDomain domain, bool trivial, int backlog)
    {
        WeakReference? module = null;
        double microseconds = QueuedBlocks.AllReclaimed(
            domain, backlog, () => LoadAndUnload(domain, trivial, backlog, out module));
        AwaitCollection(module!);
        return microseconds;
    }

    // Other threads keep a module for some time: the compiler in the background, and any stack that holds the last
    // reference it was given. How many collections pass until then says nothing, so that only time is counted.
    private static void AwaitCollection(WeakReference module)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            if (!module.IsAlive)
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(start) > s_patience)
            {
                throw new InvalidOperationException("An unloaded module is not collected.");
            }

            Thread.Sleep(1);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double LoadAndUnload(RcuDomain domain, bool trivial, int backlog, out WeakReference module)
    {
        AssemblyLoadContext context = new("claims", isCollectible: true);
        module = new WeakReference(context);
        RcuModule.Attach(context);
        Assembly code = context.LoadFromAssemblyPath(typeof(QueuedBlocks).Assembly.Location);
        MethodInfo method = code.GetType(typeof(QueuedBlocks).FullName!)!.GetMethod(nameof(QueuedBlocks.Queue))!;
        Action<RcuDomain, bool, int> queue = method.CreateDelegate<Action<RcuDomain, bool, int>>();
        using (domain.ReadLock())
        {
            queue(domain, trivial, backlog);
        }

        long start = Stopwatch.GetTimestamp();
        context.Unload();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }
}
