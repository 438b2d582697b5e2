using Quiescent.Torture.Actors;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Subjects;

// A domain whose sections may await and change threads. The thread that ends one may try to end it once more, which
// must be refused.
internal sealed class SrcuSubject : Subject
{
    private const int Misuses = 32;

    private readonly SrcuDomain _readers;
    private long _begun;
    private long _refused;

    private SrcuSubject(SrcuDomain domain, SrcuDomain readers, string name, FailureLog failures)
        : base(domain, name, failures) => _readers = readers;

    public override long OpenSections => _readers.OpenSections;

    public override IEnumerable<(string Name, long Count)> Figures =>
        [
            ("sections that may await", Interlocked.Read(ref _begun)),
            ("wrong releases refused", Interlocked.Read(ref _refused)),
        ];

    public static SrcuSubject New(string name, FailureLog failures)
    {
        SrcuDomain domain = new(Options(name, reclaimDelay: null, stallTimeout: null));
        return new SrcuSubject(domain, domain, name, failures);
    }

    /// <summary>The busted twin: its readers open their sections in another domain, so that no grace period waits for
    /// them.</summary>
    public static SrcuSubject NewBusted(string name, FailureLog failures) =>
        new(new SrcuDomain(Options(name, reclaimDelay: null, stallTimeout: null)), new SrcuDomain(), name, failures);

    public SrcuReadLock ReadLock()
    {
        Interlocked.Increment(ref _begun);
        return _readers.ReadLock();
    }

    /// <summary>Opens a section without counting it in the figures, for readers that must lose no time.</summary>
    public SrcuReadLock ReadLockAtOnce() => _readers.ReadLock();

    /// <summary>Ends a section in one of the possible ways, on any thread.</summary>
    public void Release(SrcuReadLock section, Rng random)
    {
        bool misuses = random.OneIn(Misuses);
        if (misuses)
        {
            MustRefuse(default, "the default lock");
        }

        if (random.OneIn(2))
        {
            section.Dispose();
        }
        else
        {
            _readers.ReadUnlock(section);
        }

        if (misuses)
        {
            MustRefuse(section, "a lock that was released before");
        }
    }

    /// <summary>Tries to end a section that another thread tries to end as well. True: this thread ended it.</summary>
    public static bool TryRelease(SrcuReadLock section)
    {
        try
        {
            section.Dispose();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Asks this domain to end a section of another one.</summary>
    public void MustRefuseForeign(SrcuReadLock foreign)
    {
        try
        {
            _readers.ReadUnlock(foreign);
            Failures.Add($"The domain '{Name}' released another domain's lock.");
        }
        catch (ArgumentException)
        {
            Interlocked.Increment(ref _refused);
        }
    }

    private void MustRefuse(SrcuReadLock section, string what)
    {
        try
        {
            section.Dispose();
            Failures.Add($"The domain '{Name}' released {what}.");
        }
        catch (InvalidOperationException)
        {
            Interlocked.Increment(ref _refused);
        }
    }
}
