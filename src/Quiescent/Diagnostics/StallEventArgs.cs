using Quiescent.Diagnostics;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent;

/// <summary>What holds a domain up.</summary>
public enum StallKind
{
    /// <summary>A reader: a section, or a thread that is online without a quiescent state. Grace periods wait for
    /// it.</summary>
    Reader,

    /// <summary>A callback or user deallocator that does not return. Grace periods go on; barriers wait, and all
    /// callbacks behind it. Or an asynchronous callback whose task does not complete: only barriers wait.</summary>
    Reclaimer,

    /// <summary>A writer that does not leave an <see cref="RcuReaderWriterLock"/>, while others wait for it. Grace
    /// periods and barriers go on.</summary>
    Writer,
}

/// <summary>What a thread did when the operating system was asked.</summary>
public enum StalledThreadState
{
    /// <summary>Nothing is known: not on Linux, not of a sleepable section, or the thread has just ended.</summary>
    Unknown,

    /// <summary>It ran, or was ready to run and waited for a processor.</summary>
    Running,

    /// <summary>It slept, or waited for a lock, a timer, the network or another thread.</summary>
    Sleeping,

    /// <summary>It waited in the kernel where nothing can interrupt it, as for a disk.</summary>
    Waiting,

    /// <summary>It was stopped, by a signal or a debugger.</summary>
    Stopped,
}

/// <summary>A reader or a callback that holds its domain up beyond <see cref="RcuDomainOptions.StallTimeout"/>
/// (<c>rcu_cpu_stall</c>).</summary>
public sealed class StallEventArgs : EventArgs
{
    private readonly string _text;

    internal StallEventArgs(
        string domain, ReaderStall stall, string? waitingLock, RcuStatistics books, bool isDisposing)
        : this(domain, stall.Duration, stall.Reports, books, isDisposing)
    {
        Kind = StallKind.Reader;
        LockName = waitingLock;
        GracePeriod = stall.GracePeriod;
        ThreadName = stall.Reader.ThreadName;
        ManagedThreadId = stall.Reader.ManagedThreadId;
        OsThreadId = stall.Reader.OsThreadId;
        OpenSections = stall.Reader.Sections;
        SectionsEnteredAt = Array.ConvertAll(stall.Reader.Entries, RcuCallSite.Of);
        ThreadState = StateOf(stall.Activity.State);
        ThreadObservedFor = stall.Activity.ObservedFor;
        ThreadProcessorTime = stall.Activity.ObservedFor is null ? null : stall.Activity.Used;
        _text = ReportText.Of(this, stall.Reader);
    }

    internal StallEventArgs(
        string domain,
        CallbackStall stall,
        ReaderIdentity reclaimer,
        string callback,
        string? queuedAt,
        RcuStatistics books,
        bool isDisposing)
        : this(domain, stall.Duration, stall.Reports, books, isDisposing)
    {
        Kind = StallKind.Reclaimer;
        ThreadName = reclaimer.ThreadName;
        ManagedThreadId = reclaimer.ManagedThreadId;
        OsThreadId = reclaimer.OsThreadId;
        Callback = callback;
        CallbackQueuedAt = queuedAt;
        SectionsEnteredAt = [];
        _text = ReportText.OfReclaimer(this);
    }

    internal StallEventArgs(string domain, WriterStall stall, RcuStatistics books, bool isDisposing)
        : this(domain, stall.Duration, stall.Reports, books, isDisposing)
    {
        Kind = StallKind.Writer;
        LockName = stall.Lock;
        ThreadName = stall.Writer.ThreadName;
        ManagedThreadId = stall.Writer.ManagedThreadId;
        OsThreadId = stall.Writer.OsThreadId;
        _text = ReportText.OfWriter(this);
    }

    private StallEventArgs(string domain, TimeSpan duration, int reports, RcuStatistics books, bool isDisposing)
    {
        DomainName = domain;
        Duration = duration;
        Reports = reports;
        IsDisposing = isDisposing;
        BlocksWaiting = books.BlocksWaiting;
        CallbacksWaiting = books.CallbacksWaiting;
        BytesWaiting = books.BytesWaiting;
        SectionsEnteredAt = [];
        _text = "";
    }

    /// <summary>Whether a reader or a callback holds the domain up, or a writer a lock.</summary>
    public StallKind Kind { get; }

    /// <summary>The domain's name.</summary>
    public string DomainName { get; }

    /// <summary>The name of the <see cref="RcuReaderWriterLock"/> that a writer does not leave, or whose writer waits
    /// for the reader; null where no lock has to do with it.</summary>
    public string? LockName { get; }

    /// <summary>The number of the grace period that a reader holds up, counted from the domain's first; 0 for a
    /// callback or a writer.</summary>
    public long GracePeriod { get; }

    /// <summary>The name of the thread that is inside a section, or online without a quiescent state; or the
    /// reclaimer's, or the writer's. For a sleepable section: the thread that began it. Null for an asynchronous
    /// callback whose task does not complete: it belongs to no thread.</summary>
    public string? ThreadName { get; }

    /// <summary>Its <see cref="Thread.ManagedThreadId"/>; 0 for an asynchronous callback whose task does not
    /// complete.</summary>
    public int ManagedThreadId { get; }

    /// <summary>The operating system's number for it; 0 where unknown.</summary>
    public ulong OsThreadId { get; }

    /// <summary>What the reader's thread did when the report was made, as the operating system says (Linux). Unknown on
    /// other systems, and for sleepable sections, callbacks and writers.</summary>
    public StalledThreadState ThreadState { get; }

    /// <summary>For how long the reader's thread has been looked at, up to the report: since the report before, or
    /// since about half the timeout; longer if it has used no processor time meanwhile. Null if there was one look
    /// only, or the operating system says nothing.</summary>
    public TimeSpan? ThreadObservedFor { get; }

    /// <summary>How much processor time it has used within <see cref="ThreadObservedFor"/>, in hundredths of a second.
    /// Zero: it has not run for as long, or for less than two hundredths of a second. Null where
    /// <see cref="ThreadObservedFor"/> is.</summary>
    public TimeSpan? ThreadProcessorTime { get; }

    /// <summary>How long the grace period has been in progress, or how long waiting threads have seen the callback
    /// run, or how long the writer has been inside.</summary>
    public TimeSpan Duration { get; }

    /// <summary>How many times this stall has been reported, this one included.</summary>
    public int Reports { get; }

    /// <summary>Whether the domain's disposal waits for the reader or the callback.</summary>
    public bool IsDisposing { get; }

    /// <summary>Blocks and callbacks that wait in the domain, about.</summary>
    public long Backlog => BlocksWaiting + CallbacksWaiting;

    /// <summary>Blocks that wait in the domain, about.</summary>
    public long BlocksWaiting { get; }

    /// <summary>Function callbacks that wait in the domain, about; the one that does not return is one of
    /// them.</summary>
    public long CallbacksWaiting { get; }

    /// <summary>The bytes of what waits in the domain, as far as they are known (<see
    /// cref="RcuDomainOptions.BacklogBytesLimit"/>).</summary>
    public long BytesWaiting { get; }

    /// <summary>How many sections the reader has open, being online counted as one; in an <see cref="SrcuDomain"/>, how
    /// many sections are in the way, of all threads. 0 for a callback or a writer.</summary>
    public int OpenSections { get; }

    /// <summary>With <see cref="RcuDomainOptions.Validate"/>: where the reader went online (and how long ago its last
    /// quiescent state was), and where its open sections were entered, the outermost first. For an
    /// <see cref="SrcuDomain"/>: the oldest section in the way.</summary>
    public IReadOnlyList<RcuCallSite> SectionsEnteredAt { get; }

    /// <summary>The method of the callback that does not return or complete, with its type; for a user deallocator,
    /// its type's <c>Free</c>. A function pointer whose method cannot be found is named by its address. Null for a
    /// reader or a writer.</summary>
    public string? Callback { get; }

    /// <summary>With <see cref="RcuDomainOptions.Validate"/>: where that callback was queued: method, file and line.
    /// Null for a reader or a writer.</summary>
    public string? CallbackQueuedAt { get; }

    /// <summary>One line that names the culprit, in the kernel's terms; below it the details, each line
    /// indented.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => _text;

    private static StalledThreadState StateOf(char letter) => letter switch
    {
        'R' => StalledThreadState.Running,
        'S' => StalledThreadState.Sleeping,
        'D' => StalledThreadState.Waiting,
        'T' or 't' => StalledThreadState.Stopped,
        _ => StalledThreadState.Unknown,
    };
}
