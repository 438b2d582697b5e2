using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads.Flooding;
using Quiescent.Scale.Workloads.Meters;

namespace Quiescent.Scale.Workloads;

// I: the processor's time that the threads of domains use over ten seconds in which the domains, used before, have
// nothing to do. A domain has no thread but its reclaimer. The process's other threads (the runtime's own) are told
// apart.
internal static unsafe class Idle
{
    private const string Ours = "new RcuDomain()";
    private const string Reclaimers = "rcu reclaimer";

    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(10);

    public static IEnumerable<Contest> Contests()
    {
        yield return new("I", "CPU time that an idle domain uses over 10 s", Unit.CpuSeconds,
        [
            new(Ours, Side.Ours, Measure) { Absent = ProcessorTime.IsKnown ? null : "measured on Linux only" },
        ])
        {
            TurnLength = s_length,
            MaxRounds = 1,
            TurnOverhead = TimeSpan.FromMilliseconds(250),
            Targets = [new(Ours, Bound.AtMost, 0.005)],
        };
    }

    private static Reading Measure(TimeSpan length)
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = "idle" });
        using RcuReader reader = domain.RegisterReader();
        domain.Free(Slots.Allocate(0));
        domain.Call(static () => { });
        domain.Barrier();

        // The reclaimer looks a few times more whether anything has come before it sleeps for good.
        Thread.Sleep(TimeSpan.FromMilliseconds(200));
        double process = ProcessorTime.OfProcess();
        double reclaimers = ProcessorTime.OfThreads(Reclaimers);
        Thread.Sleep(length);
        return new Reading(ProcessorTime.OfThreads(Reclaimers) - reclaimers)
        {
            Details = [new("all of the process s", ProcessorTime.OfProcess() - process)],
        };
    }
}
