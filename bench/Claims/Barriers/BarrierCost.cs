using System.Diagnostics;
using Quiescent.Claims.Figures;

namespace Quiescent.Claims.Barriers;

// What a module waits for before it can be unloaded, in microseconds.
internal sealed record BarrierCell(int Threads, int Backlog)
{
    /// <summary>BarrierCallbacks, with function callbacks waiting.</summary>
    public required Spread Functions { get; init; }

    /// <summary>BarrierCallbacks, with trivial callbacks waiting.</summary>
    public required Spread Trivial { get; init; }

    /// <summary>Barrier, with trivial callbacks waiting: not needed for unloading.</summary>
    public required Spread TrivialBarrier { get; init; }

    /// <summary>Functions by Trivial, round by round.</summary>
    public required Spread Ratio { get; init; }
}

// Barrier against none: a backlog is held back by a section of the thread that is going to wait; it ends its section
// and waits.
internal static class BarrierCost
{
    private const int FewestRounds = 3;
    private const int MostRounds = 101;

    public static IEnumerable<BarrierCell> Measure(
        IReadOnlyList<int> threads, IReadOnlyList<int> backlogs, TimeSpan time, Action<string> say)
    {
        TimeSpan share = time / (threads.Count * backlogs.Count);
        foreach (int count in threads)
        {
            using RcuDomain domain = new(new RcuDomainOptions { Name = "claims", BacklogPolicy = BacklogPolicy.None });
            using Crowd crowd = new(domain, count);
            foreach (int backlog in backlogs)
            {
                say($"barriers: {count} threads, {backlog:N0} queued");
                yield return Measure(domain, crowd, count, backlog, share);
            }
        }
    }

    public static Finding Judge(IReadOnlyList<BarrierCell> cells)
    {
        BarrierCell[] loaded = [.. cells.Where(cell => cell.Backlog != 0)];
        if (loaded.Length == 0)
        {
            return Finding.Of(double.NaN, "nothing was queued");
        }

        BarrierCell least = loaded.MinBy(cell => cell.Ratio.Median)!;
        BarrierCell largest = loaded.MaxBy(cell => ((long)cell.Backlog, cell.Threads))!;
        return Finding.Of(
            least.Ratio.Median,
            $"with callbacks to wait for, where a barrier costs least ({least.Threads} threads, {least.Backlog:N0} queued: "
            + $"{least.Functions.Median:N1} µs against {least.Trivial.Median:N2} µs); with {largest.Threads} threads and "
            + $"{largest.Backlog:N0} queued {largest.Functions.Median:N0} µs against {largest.Trivial.Median:N2} µs");
    }

    private static BarrierCell Measure(RcuDomain domain, Crowd crowd, int threads, int backlog, TimeSpan time)
    {
        List<double> functions = [];
        List<double> trivial = [];
        List<double> trivialBarrier = [];

        // The first round is not counted.
        Stopwatch watch = Stopwatch.StartNew();
        for (int round = -1; round < FewestRounds || (round < MostRounds && watch.Elapsed < time); round++)
        {
            double function = Turn(domain, crowd, Queued.Functions, backlog, domain.BarrierCallbacks);
            double offset = Turn(domain, crowd, Queued.Trivial, backlog, domain.BarrierCallbacks);
            double all = Turn(domain, crowd, Queued.Trivial, backlog, domain.Barrier);
            if (round >= 0)
            {
                functions.Add(function);
                trivial.Add(offset);
                trivialBarrier.Add(all);
            }
        }

        return new BarrierCell(threads, backlog)
        {
            Functions = Spread.Of(functions),
            Trivial = Spread.Of(trivial),
            TrivialBarrier = Spread.Of(trivialBarrier),
            Ratio = Spread.OfRatios(functions, trivial),
        };
    }

    private static double Turn(RcuDomain domain, Crowd crowd, Queued kind, int backlog, Action wait)
    {
        RcuStatistics before = domain.GetStatistics();
        ReadGuard section = domain.ReadLock();
        long queued = crowd.Queue(kind, backlog);
        section.Dispose();

        long start = Stopwatch.GetTimestamp();
        wait();
        double microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds;

        domain.Barrier();
        RcuStatistics after = domain.GetStatistics();
        long carriedOut = after.BlocksFreed + after.CallbacksInvoked - before.BlocksFreed - before.CallbacksInvoked;
        return carriedOut == queued
            ? microseconds
            : throw new InvalidOperationException($"{queued} were queued, {carriedOut} carried out.");
    }
}
