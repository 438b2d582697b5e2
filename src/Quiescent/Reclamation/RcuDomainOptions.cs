using System.Globalization;
using System.Text;
using Quiescent.Ordering;
using Quiescent.Reclamation;
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

/// <summary>What queueing does while more than <see cref="RcuDomainOptions.BacklogLimit"/>, or more than
/// <see cref="RcuDomainOptions.BacklogBytesLimit"/>, waits.</summary>
public enum BacklogPolicy
{
    /// <summary>Queueing is slowed down to half the limit a second, over all threads of the domain together: half a
    /// million blocks, and half a gibibyte, a second by default. A thread pauses for at most a second at a time, never
    /// inside a section (except in a <see cref="SrcuDomain"/>), and goes on when the backlog has fallen. The default:
    /// it bounds growth per second, and no thread waits for a reader without bound.</summary>
    /// <remarks>A thread that queues N items alone pauses for at most N divided by that rate, and not at all if it
    /// queues more slowly than that, or at most a sixteenth of a second's worth at once. Code that queues much while it
    /// holds a lock defers its pauses with <see cref="GracePeriodDomain.DeferThrottle"/>.</remarks>
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
    // Stored as numbers: record equality compares fields, and the default comparer of an enumeration or a TimeSpan
    // pulls the framework's formatting code into native programs, a sixth of what the library would add.
    private readonly int _readSideBarrier;
    private readonly long _reclaimDelay = TimeSpan.TicksPerMillisecond;
    private readonly long _stallTimeout = 21 * TimeSpan.TicksPerSecond;
    private readonly long _idleTimeout = Tuning.ReclaimerIdleSeconds * TimeSpan.TicksPerSecond;
    private readonly int _backlogPolicy;
    private readonly int _reclaimerPriority = (int)ThreadPriority.Normal;

    /// <summary>The domain's name in reports. Must not be empty.</summary>
    public string Name { get; init; } = "rcu";

    /// <summary>Where the fence of a section's entry is paid. Where the platform has no reliable process-wide barrier,
    /// all domains are <see cref="ReadSideBarrier.Full"/>.</summary>
    public ReadSideBarrier ReadSideBarrier
    {
        get => (ReadSideBarrier)_readSideBarrier;
        init => _readSideBarrier = (int)value;
    }

    /// <summary>How long the reclaimer waits to gather a batch, 0 to one minute. One millisecond by default.</summary>
    public TimeSpan ReclaimDelay
    {
        get => new(_reclaimDelay);
        init => _reclaimDelay = value.Ticks;
    }

    /// <summary>A grace period this old is reported as stalled; positive, or <see cref="Timeout.InfiniteTimeSpan"/> for
    /// never. 21 seconds by default.</summary>
    public TimeSpan StallTimeout
    {
        get => new(_stallTimeout);
        init => _stallTimeout = value.Ticks;
    }

    /// <summary>Above this many waiting blocks and callbacks <see cref="BacklogPolicy"/> applies, at least 1. One
    /// million by default.</summary>
    /// <remarks>What each thread queues is counted in steps: 508 blocks, or 128 heads or callbacks, and at most an
    /// eighth of the limit, so below eight one by one. Each deallocator that a thread uses is counted by itself, and
    /// heads, heads with a deallocator of your own, and callbacks too. So a domain may hold more than the limit by less
    /// than a step for each of these.</remarks>
    public long BacklogLimit { get; init; } = 1_000_000;

    /// <summary>Above this many waiting bytes <see cref="BacklogPolicy"/> applies too, at least 1. One gibibyte by
    /// default; <see cref="long.MaxValue"/> for no limit.</summary>
    /// <remarks>It counts what is known: the bytes given to <c>Free(block, bytes)</c>, blocks of an
    /// <see cref="RcuPool{T}"/>, native memory and mapped files that were closed, and arrays on their way back to their
    /// pool. Of blocks given to <c>Free(block)</c> and <c>FreeBulk</c> it counts those of 4 KiB and more, as the
    /// allocator tells; of a mixture of large and small ones, at least each fourth large one. On other systems than
    /// Linux, where asking takes longer, it does so only if this limit is not the default. Blocks with an embedded head
    /// are not counted. Each thread counts in steps of a mebibyte, or an eighth of the limit, for each deallocator and
    /// pool.</remarks>
    public long BacklogBytesLimit { get; init; } = DefaultBacklogBytesLimit;

    /// <summary>What queueing does above the limit.</summary>
    public BacklogPolicy BacklogPolicy
    {
        get => (BacklogPolicy)_backlogPolicy;
        init => _backlogPolicy = (int)value;
    }

    /// <summary>Callbacks of one thread's queue invoked per pass of the reclaimer (<c>rcutree.blimit</c>), at least
    /// 1.</summary>
    public int CallbackBatchLimit { get; init; } = 256;

    /// <summary>Whether a thread of the domain's own reclaims its blocks, as it runs its callbacks. False by default:
    /// one of a few threads that all such domains share frees blocks and drives grace periods, so ten thousand domains
    /// need no ten thousand threads.</summary>
    /// <remarks>In either case callbacks and user deallocators run on a thread of the domain's own, which is started
    /// when there are any, and ends after ten seconds in which nothing was queued. Ask for one from the first block on
    /// if the domain is busy, or must not wait for others' blocks: the domain of <see cref="Rcu"/> has one.</remarks>
    public bool DedicatedReclaimer { get; init; }

    /// <summary>The priority of the domain's own thread; one other than <see cref="ThreadPriority.Normal"/> implies
    /// <see cref="DedicatedReclaimer"/>. Linux ignores it.</summary>
    public ThreadPriority ReclaimerPriority
    {
        get => (ThreadPriority)_reclaimerPriority;
        init => _reclaimerPriority = (int)value;
    }

    /// <summary>The processors that the domain's own thread may run on, a bit for each, as in
    /// <see cref="System.Diagnostics.ProcessThread.ProcessorAffinity"/>. 0, the default, is all of them; another value
    /// implies <see cref="DedicatedReclaimer"/>, and throws a <see cref="PlatformNotSupportedException"/> from the
    /// constructor on other systems than Linux and Windows.</summary>
    public nint ReclaimerAffinity { get; init; }

    /// <summary>Where the delegates given to <see cref="GracePeriodDomain.Call(Action)"/> and its other forms run.
    /// Null, the default, is the domain's own thread.</summary>
    /// <remarks>With a scheduler the domain's thread only starts a task for each, so it is not held up by what they do;
    /// they count in <see cref="RcuStatistics.CallbacksPending"/> until they are done, and barriers and disposal wait
    /// for them. They run in the order of queueing only if the scheduler keeps it, as
    /// <see cref="ConcurrentExclusiveSchedulerPair.ExclusiveScheduler"/> does. Functions and user deallocators run on
    /// the domain's thread all the same.</remarks>
    public TaskScheduler? CallbackScheduler { get; init; }

    /// <summary>Checks what cannot be checked for free (the kernel's PROVE_RCU and debug objects), and names the places
    /// in the program. For tests: sections and <c>Free</c> cost some microseconds each. The AppContext switch
    /// <c>Quiescent.Validate</c>, or <c>QUIESCENT_VALIDATE=1</c> in the environment, turns it on for all
    /// domains.</summary>
    /// <remarks>
    /// <para>It throws an <see cref="InvalidOperationException"/> at the call for: a guard out of order or never left;
    /// a quiescent state inside a free section; a block queued twice, whatever the forms and domains, while it waits or
    /// soon after; a blocking call inside a section of an <see cref="RcuDomain"/> (wait handles, monitors, locks,
    /// tasks, threads; not <see cref="Thread.Sleep(int)"/> and spinning, which the runtime does not report); waits for
    /// two domains, each inside a section of the other, on whichever threads and whenever. Inside a section the thread
    /// has a synchronization context of the library's, which passes everything on except waits.</para>
    /// <para>It raises <see cref="GracePeriodDomain.MisuseFound"/> for: a head overwritten while it waits, which is
    /// then left alone, so its block leaks (<see cref="RcuStatistics.Leaked"/>); a write to a reclaimed block. Blocks
    /// of the two built-in deallocators are poisoned when they are reclaimed, and really freed when 16 MiB or 32,768
    /// blocks have followed, or the domain is disposed of.</para>
    /// <para>With validation on for all domains, in a program not compiled ahead of time, a section's dereference of a
    /// reclaimed block throws too. <see cref="PagedHeap"/> finds every access. Stall reports name where sections were
    /// entered.</para>
    /// <para>A program whose project sets <c>QuiescentValidateSupport</c> to false, or the AppContext switch
    /// <c>Quiescent.Validate.IsSupported</c>, has no validation. The constructor of a domain that asks for it throws a
    /// <see cref="NotSupportedException"/> there.</para>
    /// </remarks>
    public bool Validate { get; init; }

    /// <summary>Ends a grace period after each outermost section, and reclaims what waited for it, before the section's
    /// last call returns (the kernel's <c>CONFIG_RCU_STRICT_GRACE_PERIOD</c>). So a pointer that is kept past its
    /// section, to a block that was freed inside it or before, points to a reclaimed block at its next use. For tests;
    /// implies <see cref="Validate"/>. The AppContext switch <c>Quiescent.StrictGracePeriod</c>, or
    /// <c>QUIESCENT_STRICT_GRACE_PERIOD=1</c> in the environment, turns it on for all domains.</summary>
    /// <remarks>
    /// <para>Without it a block lives on for a while after its last reader, for as long as a batch is gathered and
    /// other sections are open, and a leaked pointer reads what it always read. A section here is each that
    /// <see cref="RcuDomain.ReadLock"/>, a registered reader or <see cref="SrcuDomain.ReadLock"/> opens; a quiescent
    /// state and <see cref="ReadGuard.Renew"/> end one too. If another section of the domain is open, the thread that
    /// ends the last of them reclaims.</para>
    /// <para>The thread that ends the section frees blocks itself. For user deallocators, <see cref="PagedHeap"/> among
    /// them, it waits until the reclaimer has run them, a tenth of a second at most. It waits for no reader and no
    /// callback, and throws nothing. Where nothing waits, the end of a section costs a grace period; where a block
    /// does, two, and the block's reclaiming.</para>
    /// </remarks>
    public bool StrictGracePeriod { get; init; }

    internal const long DefaultBacklogBytesLimit = 1 << 30;
    private const string OutOfRange = "The option is out of its range.";

    /// <summary>The time by which throttled threads pause; tests set it.</summary>
    internal PacingClock Clock { get; init; } = PacingClock.System;

    /// <summary>How long the reclaimer's thread sleeps before it ends.</summary>
    internal TimeSpan IdleTimeout
    {
        get => new(_idleTimeout);
        init => _idleTimeout = value.Ticks;
    }

    /// <summary>The threads to share; those of the process if null.</summary>
    internal SharedReclaimers? SharedReclaimers { get; init; }

    /// <summary>Whether <see cref="Validate"/> lets a thread block inside a section.</summary>
    internal bool MayBlockInSections { get; init; }

    internal bool HasOwnReclaimer =>
        DedicatedReclaimer || ReclaimerPriority != ThreadPriority.Normal || ReclaimerAffinity != 0;

    internal RcuDomainOptions Validated()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Name);
        Require(_readSideBarrier is >= 0 and <= (int)ReadSideBarrier.Full, nameof(ReadSideBarrier), _readSideBarrier);
        RequireTime(_reclaimDelay is >= 0 and <= TimeSpan.TicksPerMinute, nameof(ReclaimDelay), ReclaimDelay);
        bool isTimeout = _stallTimeout > 0 || StallTimeout == Timeout.InfiniteTimeSpan;
        RequireTime(isTimeout, nameof(StallTimeout), StallTimeout);
        Require(BacklogLimit >= 1, nameof(BacklogLimit), BacklogLimit);
        Require(BacklogBytesLimit >= 1, nameof(BacklogBytesLimit), BacklogBytesLimit);
        Require(_backlogPolicy is >= 0 and <= (int)BacklogPolicy.None, nameof(BacklogPolicy), _backlogPolicy);
        Require(CallbackBatchLimit >= 1, nameof(CallbackBatchLimit), CallbackBatchLimit);
        bool isPriority = _reclaimerPriority is >= 0 and <= (int)ThreadPriority.Highest;
        Require(isPriority, nameof(ReclaimerPriority), _reclaimerPriority);
        if (ReclaimerAffinity != 0 && !OsThread.HasAffinity)
        {
            throw new PlatformNotSupportedException("Threads cannot be bound to processors on this system.");
        }

        if ((Validate || StrictGracePeriod) && !ValidateSwitch.IsSupported)
        {
            throw new NotSupportedException(
                "The program was built without validation: QuiescentValidateSupport is false in its project, which "
                + "sets the switch Quiescent.Validate.IsSupported.");
        }

        bool isStrict = StrictGracePeriod || ValidateSwitch.IsStrictForAll;
        bool validates = Validate || isStrict || ValidateSwitch.IsOnForAll;
        return isStrict == StrictGracePeriod && validates == Validate
            ? this
            : this with { StrictGracePeriod = isStrict, Validate = validates };
    }

    // As the compiler would write it, without the framework's own text of the enumerations.
    private bool PrintMembers(StringBuilder text)
    {
        string barrier = ReadSideBarrier switch
        {
            ReadSideBarrier.Asymmetric => nameof(ReadSideBarrier.Asymmetric),
            ReadSideBarrier.Full => nameof(ReadSideBarrier.Full),
            _ => Number(_readSideBarrier),
        };
        string policy = BacklogPolicy switch
        {
            BacklogPolicy.Throttle => nameof(BacklogPolicy.Throttle),
            BacklogPolicy.Block => nameof(BacklogPolicy.Block),
            BacklogPolicy.Throw => nameof(BacklogPolicy.Throw),
            BacklogPolicy.None => nameof(BacklogPolicy.None),
            _ => Number(_backlogPolicy),
        };
        string priority = ReclaimerPriority switch
        {
            ThreadPriority.Lowest => nameof(ThreadPriority.Lowest),
            ThreadPriority.BelowNormal => nameof(ThreadPriority.BelowNormal),
            ThreadPriority.AboveNormal => nameof(ThreadPriority.AboveNormal),
            ThreadPriority.Highest => nameof(ThreadPriority.Highest),
            ThreadPriority.Normal => nameof(ThreadPriority.Normal),
            _ => Number(_reclaimerPriority),
        };
        text.Append("Name = ").Append(Name)
            .Append(", ReadSideBarrier = ").Append(barrier)
            .Append(", ReclaimDelay = ").Append(ReclaimDelay.ToString())
            .Append(", StallTimeout = ").Append(StallTimeout.ToString())
            .Append(", BacklogLimit = ").Append(BacklogLimit)
            .Append(", BacklogBytesLimit = ").Append(BacklogBytesLimit)
            .Append(", BacklogPolicy = ").Append(policy)
            .Append(", CallbackBatchLimit = ").Append(CallbackBatchLimit)
            .Append(", DedicatedReclaimer = ").Append(DedicatedReclaimer)
            .Append(", ReclaimerPriority = ").Append(priority)
            .Append(", ReclaimerAffinity = ").Append((long)ReclaimerAffinity)
            .Append(", CallbackScheduler = ").Append(CallbackScheduler)
            .Append(", Validate = ").Append(Validate)
            .Append(", StrictGracePeriod = ").Append(StrictGracePeriod);
        return true;
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Require(bool condition, string option, long value)
    {
        if (!condition)
        {
            throw new ArgumentOutOfRangeException(option, value, OutOfRange);
        }
    }

    private static void RequireTime(bool condition, string option, TimeSpan value)
    {
        if (!condition)
        {
            throw new ArgumentOutOfRangeException(option, value.ToString(), OutOfRange);
        }
    }
}
