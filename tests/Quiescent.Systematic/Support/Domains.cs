using System.Diagnostics;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent.Systematic.Support;

// Domains in which nothing depends on a clock: they gather no batches and look for no stalls.
internal static class Domains
{
    public static RcuDomain Create() => new(Options);

    /// <summary>A domain whose pages take that many blocks, so that a few blocks make several pages.</summary>
    public static RcuDomain WithPagesOf(int entries, BacklogPolicy policy = BacklogPolicy.None) =>
        new(Options with { BacklogLimit = 8 * entries, BacklogPolicy = policy });

    public static SrcuDomain CreateSleepable()
    {
        ReserveTickets();
        return new SrcuDomain(Options);
    }

    /// <summary>Makes sure that no schedule finds the process's store of tickets empty, as the number of steps would
    /// then depend on earlier schedules.</summary>
    public static unsafe void ReserveTickets()
    {
        Ticket* taken = null;
        for (int i = 0; i < 64; i++)
        {
            Ticket* ticket = TicketStore.OfProcess.Take();
            ticket->Next = taken;
            taken = ticket;
        }

        TicketStore.OfProcess.GiveBack(taken);
    }

    /// <summary>Options of domains that share one thread, which ends when it has rested.</summary>
    public static RcuDomainOptions Sharing() => Options with
    {
        DedicatedReclaimer = false,
        IdleTimeout = TimeSpan.FromMilliseconds(1),
        SharedReclaimers = new SharedReclaimers(1, TimeSpan.FromMilliseconds(1), new CountingClock()),
    };

    public static RcuDomainOptions Options { get; } = new()
    {
        Name = "systematic",
        ReclaimDelay = TimeSpan.Zero,
        StallTimeout = Timeout.InfiniteTimeSpan,
        BacklogPolicy = BacklogPolicy.None,
        IdleTimeout = Timeout.InfiniteTimeSpan,
        DedicatedReclaimer = true, // The shared ones are the process's, not a schedule's.
    };

    // Goes on by a tenth of a millisecond each time that somebody looks.
    private sealed class CountingClock : PacingClock
    {
        private long _now;

        public override long Now => _now += Stopwatch.Frequency / 10_000;

        public override void Sleep(int milliseconds) => Thread.Sleep(milliseconds);
    }
}
