namespace Quiescent.Readers;

// Who holds a grace period up, or ended inside a section: for reports.
internal sealed record Culprit(string? ThreadName, int ManagedThreadId, ulong OsThreadId);
