using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Quiescent.Claims.Figures;

namespace Quiescent.Claims.Unloading;

// How long Unload of a context takes that RcuModule is attached to, in microseconds.
internal sealed record UnloadCell(int Backlog)
{
    /// <summary>With function callbacks of the module waiting.</summary>
    public required Spread Functions { get; init; }

    /// <summary>With trivial callbacks of the module waiting.</summary>
    public required Spread Trivial { get; init; }

    /// <summary>Functions by Trivial, round by round.</summary>
    public required Spread Ratio { get; init; }
}

// A real module: it is loaded, attached, queues while a section of this thread holds everything back, and is unloaded
// as soon as the section has ended. Each round also waits, off the clock, until the module has been collected and
// everything carried out.
internal static class UnloadCost
{
    private const int FewestRounds = 3;
    private const int MostRounds = 101;

    public static IEnumerable<UnloadCell> Measure(IReadOnlyList<int> backlogs, TimeSpan time, Action<string> say)
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = "claims", BacklogPolicy = BacklogPolicy.None });
        foreach (int backlog in backlogs)
        {
            say($"unloading: {backlog:N0} queued");
            yield return Measure(domain, backlog, time / backlogs.Count);
        }
    }

    public static Finding Judge(IReadOnlyList<UnloadCell> cells)
    {
        UnloadCell[] loaded = [.. cells.Where(cell => cell.Backlog != 0)];
        if (loaded.Length == 0)
        {
            return Finding.Of(double.NaN, "nothing was queued");
        }

        UnloadCell least = loaded.MinBy(cell => cell.Ratio.Median)!;
        UnloadCell largest = loaded.MaxBy(cell => cell.Backlog)!;
        return Finding.Of(
            least.Ratio.Median,
            $"with callbacks to wait for, where that costs least ({least.Backlog:N0} queued: {least.Functions.Median:N0} µs against "
            + $"{least.Trivial.Median:N0} µs); with {largest.Backlog:N0} queued {largest.Functions.Median:N0} µs against "
            + $"{largest.Trivial.Median:N0} µs");
    }

    private static UnloadCell Measure(RcuDomain domain, int backlog, TimeSpan time)
    {
        List<double> functions = [];
        List<double> trivial = [];

        // The first round is not counted.
        Stopwatch watch = Stopwatch.StartNew();
        for (int round = -1; round < FewestRounds || (round < MostRounds && watch.Elapsed < time); round++)
        {
            double function = Turn(domain, nameof(UnloadedModule.QueueFunctions), backlog);
            double offset = Turn(domain, nameof(UnloadedModule.QueueTrivial), backlog);
            if (round >= 0)
            {
                functions.Add(function);
                trivial.Add(offset);
            }
        }

        return new UnloadCell(backlog)
        {
            Functions = Spread.Of(functions),
            Trivial = Spread.Of(trivial),
            Ratio = Spread.OfRatios(functions, trivial),
        };
    }

    private static double Turn(RcuDomain domain, string way, int backlog)
    {
        RcuStatistics before = domain.GetStatistics();
        double microseconds = LoadAndUnload(domain, way, backlog, out WeakReference module);
        domain.Barrier();
        RcuStatistics after = domain.GetStatistics();
        long carriedOut = after.BlocksFreed + after.CallbacksInvoked - before.BlocksFreed - before.CallbacksInvoked;
        if (carriedOut != backlog)
        {
            throw new InvalidOperationException($"{backlog} were queued, {carriedOut} carried out.");
        }

        for (int i = 0; module.IsAlive; i++)
        {
            if (i == 100)
            {
                throw new InvalidOperationException("An unloaded module is not collected.");
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return microseconds;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double LoadAndUnload(RcuDomain domain, string way, int backlog, out WeakReference module)
    {
        AssemblyLoadContext context = new("claims", isCollectible: true);
        module = new WeakReference(context);
        RcuModule.Attach(context);
        Type type = context.LoadFromAssemblyPath(typeof(UnloadedModule).Assembly.Location).GetType(typeof(UnloadedModule).FullName!)!;
        Action<RcuDomain, int> queue = type.GetMethod(way, BindingFlags.Public | BindingFlags.Static)!.CreateDelegate<Action<RcuDomain, int>>();
        using (domain.ReadLock())
        {
            queue(domain, backlog);
        }

        long start = Stopwatch.GetTimestamp();
        context.Unload();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }
}
