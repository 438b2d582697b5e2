using Quiescent.Validate;

namespace Quiescent.Readers;

// Who holds a grace period up, or ended inside a section: for reports.
internal sealed record ReaderIdentity(string? ThreadName, int ManagedThreadId, ulong OsThreadId)
{
    /// <summary>How many of its sections are open; being online counts as one.</summary>
    public int Sections { get; init; } = 1;

    /// <summary>Under Validate: where and when those began, the outermost first, before it since when the thread is
    /// online.</summary>
    public SectionEntry[] Entries { get; init; } = [];
}
