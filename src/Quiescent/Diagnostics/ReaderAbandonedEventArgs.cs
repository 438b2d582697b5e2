using Quiescent.Diagnostics;

namespace Quiescent;

/// <summary>A thread that ended inside a section, or a callback that returned with one open, on the reclaimer's thread.
/// It can dereference nothing any more, so the library ends the section and grace periods go on.</summary>
public sealed class ReaderAbandonedEventArgs : EventArgs
{
    private readonly string _text;

    internal ReaderAbandonedEventArgs(string domain, Readers.ReaderIdentity reader)
    {
        DomainName = domain;
        ThreadName = reader.ThreadName;
        ManagedThreadId = reader.ManagedThreadId;
        OsThreadId = reader.OsThreadId;
        Depth = reader.Sections;
        SectionsEnteredAt = Array.ConvertAll(reader.Entries, RcuCallSite.Of);
        _text = ReportText.OfAbandoned(this, reader);
    }

    /// <summary>The domain's name.</summary>
    public string DomainName { get; }

    /// <summary>The thread's name.</summary>
    public string? ThreadName { get; }

    /// <summary>Its <see cref="Thread.ManagedThreadId"/>.</summary>
    public int ManagedThreadId { get; }

    /// <summary>The operating system's number for it; 0 where unknown.</summary>
    public ulong OsThreadId { get; }

    /// <summary>How many sections it left open; being online counts as one.</summary>
    public int Depth { get; }

    /// <summary>With <see cref="RcuDomainOptions.Validate"/>: where and when the thread went online, and where and when
    /// it entered the sections that it left open, the outermost first.</summary>
    public IReadOnlyList<RcuCallSite> SectionsEnteredAt { get; }

    /// <summary>One line that names the reader, in the kernel's terms; below it, with <see
    /// cref="RcuDomainOptions.Validate"/>, where its sections were entered.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => _text;
}
