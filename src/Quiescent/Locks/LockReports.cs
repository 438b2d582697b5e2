using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Reclamation;
using static Quiescent.Tuning;

namespace Quiescent.Locks;

// What the waits at a lock report: a reader that a writer waits for, and a writer that does not leave. Reports run
// handlers, which are user code; a thread that waits here may keep readers out, or be let in before a writer. So a pool
// thread makes them (O8).
internal sealed class LockReports(DomainCore domain, LockQueue queue, string name) : IThreadPoolWorkItem
{
    private int _isQueued;
    private long _nextLook;

    // Of the reports on the writer that is inside; the thread that has set _isQueued uses them.
    private LockHolder? _reported;
    private long _nextReport;
    private int _reports;

    /// <summary>Has a pool thread report what is due; by a thread that has waited for long. Never throws.</summary>
    public void Request()
    {
        long now = Stopwatch.GetTimestamp();
        if (now < Order.Acquire(in _nextLook) || !PlatformPools.AreUsed || !TryLock.TryEnter(ref _isQueued))
        {
            return;
        }

        Order.Release(ref _nextLook, now + (Stopwatch.Frequency * MinBlockedMilliseconds / 1_000));
        try
        {
            if (domain.Reports.Look() || IsWriterDue(now))
            {
                Threads.RunElsewhere(this);
                return;
            }
        }
        catch (OutOfMemoryException)
        {
            // The next look tries again.
        }

        TryLock.Exit(ref _isQueued);
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            domain.Reports.ReportReaders();
            ReportWriter(Stopwatch.GetTimestamp());
        }
        catch (OutOfMemoryException)
        {
            // The next look tries again. An exception here would end the process.
        }
        finally
        {
            TryLock.Exit(ref _isQueued);
        }
    }

    private bool IsWriterDue(long now) => DueWriter(now) is not null;

    private LockHolder? DueWriter(long now)
    {
        TimeSpan timeout = domain.Options.StallTimeout;
        return timeout != Timeout.InfiniteTimeSpan
            && queue.Holder is { Since: not 0 } holder
            && Stopwatch.GetElapsedTime(holder.Since, now) >= timeout
            && (holder != _reported || now >= _nextReport)
                ? holder
                : null;
    }

    private void ReportWriter(long now)
    {
        if (DueWriter(now) is not { } holder)
        {
            return;
        }

        _reports = holder == _reported ? _reports + 1 : 1;
        _reported = holder;
        _nextReport = now + (long)Math.Min(
            3 * domain.Options.StallTimeout.TotalSeconds * Stopwatch.Frequency, long.MaxValue / 8);
        domain.Reports.ReportWriter(new WriterStall(
            name,
            new ReaderIdentity(holder.Thread.Name, holder.Thread.ManagedThreadId, holder.OsThreadId) { Sections = 0 },
            Stopwatch.GetElapsedTime(holder.Since, now),
            _reports));
    }
}
