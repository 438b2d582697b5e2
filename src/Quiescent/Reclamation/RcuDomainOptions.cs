using Quiescent.Validate;

namespace Quiescent;

/// <summary>Where the fence of a section's entry is paid.</summary>
public enum ReadSideBarrier
{
    /// <summary>By the grace period, with a process-wide barrier (liburcu's memb flavour): entry is plain stores. The
    /// default.</summary>
    Asymmetric,

    /// <summary>By the reader, with a full fence (liburcu's mb flavour): grace periods take less than a
    /// microsecond.</summary>
    Full,
}

/// <summary>What queueing does while more than <see cref="RcuDomainOptions.BacklogLimit"/> waits.</summary>
public enum BacklogPolicy
{
    /// <summary>For each page's worth that it queues, the thread makes a bounded pause (up to 64 ms), which grows with
    /// the overshoot. Never inside a section, except in a <see cref="SrcuDomain"/>. The default: it slows growth, and
    /// no thread waits for a reader without bound.</summary>
    Throttle,

    /// <summary>Queueing waits until the backlog has fallen; never inside a section. In a <see cref="SrcuDomain"/>,
    /// whose sections belong to no thread, it counts as <see cref="Throttle"/>.</summary>
    /// <remarks><b>Safety.</b> Deadlocks if the thread holds a lock that a reader inside a section waits for.</remarks>
    Block,

    /// <summary>Queueing throws <see cref="RcuBacklogException"/> and the caller keeps what it would have queued.
    /// Embedded heads are exempt: they cannot fail.</summary>
    Throw,

    /// <summary>The backlog grows.</summary>
    None,
}

/// <summary>How a domain behaves; validated by the constructor of <see cref="RcuDomain"/>.</summary>
public sealed record RcuDomainOptions
{
    /// <summary>The domain's name in reports. Must not be empty.</summary>
    public string Name { get; init; } = "rcu";

    /// <summary>Where the fence of a section's entry is paid. Where the platform has no reliable process-wide barrier,
    /// all domains are <see cref="ReadSideBarrier.Full"/>.</summary>
    public ReadSideBarrier ReadSideBarrier { get; init; } = ReadSideBarrier.Asymmetric;

    /// <summary>How long the reclaimer waits to gather a batch, 0 to one minute. One millisecond by default.</summary>
    public TimeSpan ReclaimDelay { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>A grace period this old is reported as stalled; positive, or <see cref="Timeout.InfiniteTimeSpan"/> for
    /// never. 21 seconds by default.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(21);

    /// <summary>Above this many waiting blocks and callbacks <see cref="BacklogPolicy"/> applies, at least 1. Accurate
    /// to a page (508 blocks, less for small limits) per thread. One million by default.</summary>
    public long BacklogLimit { get; init; } = 1_000_000;

    /// <summary>What queueing does above the limit.</summary>
    public BacklogPolicy BacklogPolicy { get; init; } = BacklogPolicy.Throttle;

    /// <summary>Callbacks of one thread's queue invoked per pass of the reclaimer (<c>rcutree.blimit</c>), at least
    /// 1.</summary>
    public int CallbackBatchLimit { get; init; } = 256;

    /// <summary>Checks what cannot be checked for free (the kernel's PROVE_RCU and debug objects), and names the places
    /// in the program. For tests: sections and <c>Free</c> cost some microseconds each. The AppContext switch
    /// <c>Quiescent.Validate</c>, or <c>QUIESCENT_VALIDATE=1</c> in the environment, turns it on for all
    /// domains.</summary>
    /// <remarks>
    /// <para>It throws an <see cref="InvalidOperationException"/> at the call for: a guard out of order or never left;
    /// a quiescent state inside a free section; a block queued twice, whatever the forms and domains, while it waits or
    /// soon after; a blocking call inside a section of an <see cref="RcuDomain"/> (wait handles, monitors, locks,
    /// tasks, threads; not <see cref="Thread.Sleep(int)"/> and spinning, which the runtime does not report). Inside a
    /// section the thread has a synchronization context of the library's, which passes everything on except
    /// waits.</para>
    /// <para>It raises <see cref="GracePeriodDomain.MisuseFound"/> for: a head overwritten while it waits, which is
    /// then left alone, so its block leaks (<see cref="RcuStatistics.Leaked"/>); a write to a reclaimed block. Blocks
    /// of the two built-in deallocators are poisoned when they are reclaimed, and really freed when 16 MiB or 32,768
    /// blocks have followed, or the domain is disposed of.</para>
    /// <para>With validation on for all domains, in a program not compiled ahead of time, a section's dereference of a
    /// reclaimed block throws too. <see cref="PagedHeap"/> finds every access. Stall reports name where sections were
    /// entered.</para>
    /// </remarks>
    public bool Validate { get; init; }

    internal RcuDomainOptions Validated()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Name);
        Require(Enum.IsDefined(ReadSideBarrier), nameof(ReadSideBarrier), ReadSideBarrier);
        bool isDelay = ReclaimDelay >= TimeSpan.Zero && ReclaimDelay <= TimeSpan.FromMinutes(1);
        Require(isDelay, nameof(ReclaimDelay), ReclaimDelay);
        bool isTimeout = StallTimeout > TimeSpan.Zero || StallTimeout == Timeout.InfiniteTimeSpan;
        Require(isTimeout, nameof(StallTimeout), StallTimeout);
        Require(BacklogLimit >= 1, nameof(BacklogLimit), BacklogLimit);
        Require(Enum.IsDefined(BacklogPolicy), nameof(BacklogPolicy), BacklogPolicy);
        Require(CallbackBatchLimit >= 1, nameof(CallbackBatchLimit), CallbackBatchLimit);
        return ValidateSwitch.IsOnForAll && !Validate ? this with { Validate = true } : this;
    }

    private static void Require(bool condition, string option, object value)
    {
        if (!condition)
        {
            throw new ArgumentOutOfRangeException(option, value, "The option is out of its range.");
        }
    }
}
