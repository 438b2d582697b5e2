namespace Quiescent;

/// <summary>
/// One consistent reading of a domain's counts. Blocks are what <c>Free</c> and <c>FreeBulk</c> took, callbacks what
/// <c>Call</c>, <c>Dispose</c> and <c>Return</c> took; queued = reclaimed + waiting, exactly, in each reading.
/// </summary>
public sealed record RcuStatistics
{
    /// <summary>Grace periods started.</summary>
    public long GracePeriodsStarted { get; init; }

    /// <summary>Grace periods completed; equal to those started, or one less while one is in progress.</summary>
    public long GracePeriodsCompleted { get; init; }

    /// <summary>Durations of the completed grace periods.</summary>
    public GracePeriodDurations GracePeriods { get; init; }

    /// <summary>Blocks handed over.</summary>
    public long BlocksQueued { get; init; }

    /// <summary>Blocks freed.</summary>
    public long BlocksFreed { get; init; }

    /// <summary>Among the blocks freed and callbacks invoked, those that <see cref="RcuDomainOptions.Validate"/> left
    /// alone because their head had been overwritten: their memory leaks, their function was not called.</summary>
    public long Leaked { get; init; }

    /// <summary>Blocks that wait: <see cref="BlocksQueued"/> less <see cref="BlocksFreed"/>.</summary>
    public long BlocksWaiting { get; init; }

    /// <summary>The bytes of what waits, as far as they are known (<see
    /// cref="RcuDomainOptions.BacklogBytesLimit"/>).</summary>
    public long BytesWaiting { get; init; }

    /// <summary>Callbacks queued.</summary>
    public long CallbacksQueued { get; init; }

    /// <summary>Callbacks invoked and returned, those that threw included. An asynchronous one counts once it has
    /// returned its task.</summary>
    public long CallbacksInvoked { get; init; }

    /// <summary>Callbacks that wait or run: <see cref="CallbacksQueued"/> less <see
    /// cref="CallbacksInvoked"/>.</summary>
    public long CallbacksWaiting { get; init; }

    /// <summary>Among the callbacks invoked, asynchronous ones whose task is not complete.</summary>
    public long CallbacksPending { get; init; }

    /// <summary>Callbacks, and user deallocators, that threw.</summary>
    public long CallbacksFailed { get; init; }

    /// <summary>Reader slots in the table: the peak of those in use at the same time.</summary>
    public int ReaderSlots { get; init; }

    /// <summary>Reader slots that live threads hold, or ended ones whose sleepable sections are open.</summary>
    public int ReaderSlotsInUse { get; init; }

    /// <summary>Pages of block pointers in use by queues (4 KiB each): those that hold blocks, and at most two more for
    /// each queue, its open page and one that its thread has emptied and will fill again.</summary>
    public long PagesInUse { get; init; }

    /// <summary>Stall reports, repeats included.</summary>
    public long Stalls { get; init; }

    /// <summary>Threads that ended inside a section, and callbacks that returned with one open.</summary>
    public long ReadersAbandoned { get; init; }
}
