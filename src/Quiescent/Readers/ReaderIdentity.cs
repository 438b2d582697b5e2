using Quiescent.Validate;

namespace Quiescent.Readers;

// The thread that holds a grace period up, or ended inside a section: for reports.
internal sealed record ReaderIdentity(string? ThreadName, int ManagedThreadId, ulong OsThreadId)
{
    /// <summary>How many of its sections are open; being online counts as one.</summary>
    public int Sections { get; init; } = 1;

    /// <summary>Under Validate: where and when these sections began, the outermost first; before them, where and when
    /// the thread went online.</summary>
    public SectionEntry[] Entries { get; init; } = [];
}
