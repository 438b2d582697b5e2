using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// What a grace period waits for: the readers of a domain, whatever marks their sections. The engine calls it under its
// lock, unless it says otherwise; it never waits, and takes no memory under the lock (O8). What a scan owes: a section
// that had begun when Begin was called, and has not ended, keeps Scan from returning true (O1: announced before read);
// and the loads of a section that ended come before the acquire by which Scan found its end (O2: read before ended).
internal abstract class ReaderScan
{
    /// <summary>Whether <see cref="Begin"/> issues the process-wide barrier, which takes longest.</summary>
    public abstract bool BeginsWithBarrier { get; }

    /// <summary>A grace period has started; called again if it threw.</summary>
    public abstract void Begin();

    /// <summary>Goes on from where the last call stopped. False: a reader is in the way.</summary>
    public abstract bool Scan(ulong target);

    /// <summary>Where the last scan stopped; null if it did not stop.</summary>
    public abstract ScanPlace? Place { get; }

    /// <summary>The reader that is in the way there; null if it is not known, or is gone. Takes memory: call it with no
    /// lock held.</summary>
    public abstract ReaderIdentity? FindReader(ScanPlace place);

    /// <summary>What the operating system says of the thread whose section is in the way there; the default where it
    /// says nothing, or sections belong to no thread. Takes no memory.</summary>
    public abstract ThreadStat ReadThread(ScanPlace place);

    /// <summary>Whether the reader at which the last scan stopped would wake a thread that sleeps. Needs no lock: a
    /// hint.</summary>
    public abstract bool WouldWake { get; }

    /// <summary>A thread is about to sleep until the reader at which the last scan stopped is out of the way: asks the
    /// reader to wake it, if that one can. False: it is out of the way.</summary>
    public abstract bool MaySleep();

    /// <summary>Roughly how many sections are open; null where nothing counts them. Needs no lock.</summary>
    public abstract long? OpenSections { get; }
}

// Where a scan stands: a slot, and the grace period's target.
internal readonly record struct ScanPlace(int Index, ulong Target);
