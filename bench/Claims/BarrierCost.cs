using System.Diagnostics;
using Quiescent.Claims.Subject;
using Quiescent.Scale.Runs;

namespace Quiescent.Claims;

// The wait before a module may be unloaded. A section of this thread holds back the blocks that the crowd queues; then
// the thread ends its section and waits.
internal static class BarrierCost
{
    public static Table Measure(
        IReadOnlyList<int> threads, IReadOnlyList<int> backlogs, TimeSpan time, Action<string> say)
    {
        TimeSpan share = time / (threads.Count * backlogs.Count);
        List<string[]> rows = [];
        foreach (int count in threads)
        {
            using RcuDomain domain = new(new RcuDomainOptions { Name = "claims", BacklogPolicy = BacklogPolicy.None });
            using Crowd crowd = new(domain, count);
            foreach (int backlog in backlogs)
            {
                say($"barriers: {count} threads, {backlog:N0} queued");
                double[][] rounds = Rounds.Run(
                    share,
                    () => Turn(domain, crowd, trivial: false, backlog, domain.BarrierCallbacks),
                    () => Turn(domain, crowd, trivial: true, backlog, domain.BarrierCallbacks),
                    () => Turn(domain, crowd, trivial: true, backlog, domain.Barrier));
                rows.Add([$"{count}", $"{backlog:N0}", .. rounds.Select(readings => Table.Show(Spread.Of(readings)))]);
            }
        }

        return new Table(
            "Barrier against none: µs that a module waits before it is unloaded",
            ["threads", "queued", "functions", "trivial", "`Barrier` on the trivial ones"],
            rows);
    }

    private static double Turn(RcuDomain domain, Crowd crowd, bool trivial, int backlog, Action wait)
    {
        int each = backlog / crowd.Queueing;
        return QueuedBlocks.AllReclaimed(domain, each * crowd.Queueing, () =>
        {
            using (domain.ReadLock())
            {
                crowd.Queue(trivial, each);
            }

            long start = Stopwatch.GetTimestamp();
            wait();
            return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        });
    }
}
