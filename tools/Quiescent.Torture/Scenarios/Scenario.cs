namespace Quiescent.Torture.Scenarios;

/// <summary>The content of a run: a scenario adds its actors and domains to the session. All may be together in
/// one.</summary>
internal sealed record Scenario(string Name, string Description, Action<Session> Populate)
{
    /// <summary>All scenarios, each on its own, after their mix.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("mix", "everything below at the same time, on shared domains, disturbed", Mix.Populate),
        new("readers", "many readers of all kinds, nested, delayed; updaters that wait", ManyReaders.Populate),
        new("primitives", "many updaters that rotate through every primitive; few readers", AllPrimitives.Populate),
        new(
            "barrier",
            "threads post one item each; all must have been reclaimed when the barrier returns",
            BarrierRounds.Populate),
        new(
            "forward",
            "floods and a self-reposting callback against a tight reader; backlogs must fall",
            ForwardProgress.Populate),
        new("stall", "a reader overstays and must be named, with its thread's name", StallReports.Populate),
        new(
            "churn",
            "threads, managed and native, that start, read and end, or die inside sections",
            ThreadChurn.Populate),
        new(
            "faults",
            "allocation failures wherever the torture queues, reads or waits: nothing is lost, heads never fail",
            AllocationFaults.Populate),
        new("dispose", "domains made, loaded and disposed of under load", Disposal.Populate),
        new(
            "srcu",
            "sleepable sections: held across awaits, passed on, nested in any order, held up where it matters",
            SleepableReaders.Populate),
        new(
            "resources",
            "handles, objects, native memory, mapped files and pooled arrays: "
            + "replaced, closed, dropped under readers of every kind",
            ResourcesUnderReaders.Populate),
        new(
            "locks",
            "reader-writer locks for threads and for tasks: nested, timed, cancelled; nobody is inside beside a writer",
            LocksUnderLoad.Populate),
        new(
            "modules",
            "a module loaded, queueing and unloaded again and again: all has run by then, and its code is collected",
            ModuleUnloads.Populate),
        new(
            "srcu-io",
            "a thousand asynchronous readers whose sections last across files and sockets; "
            + "updaters that free without pause",
            SleepableIo.Populate),
    ];

    public static Scenario Default => All[0];

    public static Scenario? Find(string name) =>
        All.FirstOrDefault(scenario => string.Equals(scenario.Name, name, StringComparison.OrdinalIgnoreCase));
}
