using System.Globalization;

namespace Quiescent;

/// <summary>A reader that holds a grace period up beyond <see cref="RcuDomainOptions.StallTimeout"/>.</summary>
public sealed class StallEventArgs : EventArgs
{
    internal StallEventArgs(string domain, Readers.Culprit reader, TimeSpan duration, int reports, long backlog)
    {
        DomainName = domain;
        ThreadName = reader.ThreadName;
        ManagedThreadId = reader.ManagedThreadId;
        OsThreadId = reader.OsThreadId;
        Duration = duration;
        Reports = reports;
        Backlog = backlog;
    }

    /// <summary>The domain's name.</summary>
    public string DomainName { get; }

    /// <summary>The name of the thread that is inside a section, or online without a quiescent state.</summary>
    public string? ThreadName { get; }

    /// <summary>Its <see cref="Thread.ManagedThreadId"/>.</summary>
    public int ManagedThreadId { get; }

    /// <summary>The operating system's number for it; 0 where unknown.</summary>
    public ulong OsThreadId { get; }

    /// <summary>How long the grace period has been in progress.</summary>
    public TimeSpan Duration { get; }

    /// <summary>How many times this stall has been reported, this one included.</summary>
    public int Reports { get; }

    /// <summary>Blocks and callbacks that wait in the domain, about.</summary>
    public long Backlog { get; }

    /// <summary>One line that names the culprit.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"rcu domain '{DomainName}': grace period stalled for {Duration.TotalSeconds:0.0} s by thread '{ThreadName ?? "(unnamed)"}' "
        + $"(managed id {ManagedThreadId}, OS id {OsThreadId}), report {Reports}, backlog {Backlog}");
}

/// <summary>A callback or user deallocator that threw. All others are carried out all the same.</summary>
public sealed class CallbackFailedEventArgs : EventArgs
{
    internal CallbackFailedEventArgs(string domain, Exception exception)
    {
        DomainName = domain;
        Exception = exception;
    }

    /// <summary>The domain's name.</summary>
    public string DomainName { get; }

    /// <summary>What it threw.</summary>
    public Exception Exception { get; }
}

/// <summary>A thread that ended inside a section, or a callback that returned with one open, on the reclaimer's thread. It can
/// dereference nothing any more, so the section is ended and grace periods go on.</summary>
public sealed class ReaderAbandonedEventArgs : EventArgs
{
    internal ReaderAbandonedEventArgs(string domain, Readers.Culprit reader, int depth)
    {
        DomainName = domain;
        ThreadName = reader.ThreadName;
        ManagedThreadId = reader.ManagedThreadId;
        OsThreadId = reader.OsThreadId;
        Depth = depth;
    }

    /// <summary>The domain's name.</summary>
    public string DomainName { get; }

    /// <summary>The thread's name.</summary>
    public string? ThreadName { get; }

    /// <summary>Its <see cref="Thread.ManagedThreadId"/>.</summary>
    public int ManagedThreadId { get; }

    /// <summary>The operating system's number it had; 0 where unknown.</summary>
    public ulong OsThreadId { get; }

    /// <summary>How many sections it left open; being online counts as one.</summary>
    public int Depth { get; }

    /// <summary>One line that names the reader.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"rcu domain '{DomainName}': thread '{ThreadName ?? "(unnamed)"}' (managed id {ManagedThreadId}, OS id {OsThreadId}) "
        + $"left {Depth} read-side critical section(s) open");
}
