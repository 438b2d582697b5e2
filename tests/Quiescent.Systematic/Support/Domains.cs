using Quiescent.Sleepable;

namespace Quiescent.Systematic.Support;

// Domains in which nothing depends on a clock: batches are not gathered, stalls not looked for.
internal static class Domains
{
    public static RcuDomain Create() => new(Options);

    /// <summary>A domain whose pages take that many blocks, so that a few blocks make several pages.</summary>
    public static RcuDomain WithPagesOf(int entries, BacklogPolicy policy = BacklogPolicy.None) =>
        new(Options with { BacklogLimit = 8 * entries, BacklogPolicy = policy });

    /// <summary>To be called by the schedule's first thread before it starts others: what the threads of earlier
    /// schedules had of the process's tickets is taken back now, and not at a point of this one.</summary>
    public static unsafe SrcuDomain CreateSleepable()
    {
        TicketsOfThisThread.Tickets = null;
        TicketStore.OfProcess.Prepare();
        return new SrcuDomain(Options);
    }

    public static RcuDomainOptions Options { get; } = new()
    {
        Name = "systematic",
        ReclaimDelay = TimeSpan.Zero,
        StallTimeout = Timeout.InfiniteTimeSpan,
        BacklogPolicy = BacklogPolicy.None,
    };
}
