using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// What a grace period waits for: the readers of a domain, whatever marks their sections. The engine calls it under its
// lock; it never waits. What a scan owes for O1 and O2: a section that had begun when Begin was called, and has not
// ended, keeps Scan from returning true; and a section that ended has its loads before the acquire with which Scan
// found that out.
internal abstract class ReaderScan
{
    /// <summary>A grace period has started; called again if it threw.</summary>
    public abstract void Begin();

    /// <summary>Goes on from where the last call stopped. False: a reader is in the way.</summary>
    public abstract bool Scan(ulong target);

    /// <summary>Who was in the way when the last scan stopped; null where it is not known.</summary>
    public abstract ReaderIdentity? FindReaderInTheWay();

    /// <summary>How many sections are open, about; null where nothing counts them. Needs no lock.</summary>
    public virtual long? OpenSections => null;
}
