namespace Quiescent.Readers;

// A reader whose sections nobody will end, for a report. It is found under the engine's lock, where no memory is taken
// (O8): each slot's owner brings one along, and the identity is made once the lock is free.
internal sealed class AbandonedReader
{
    private SlotOwner? _owner;
    private int _sections;
    private ReaderIdentity? _identity;

    /// <summary>The one that was found before.</summary>
    public AbandonedReader? Earlier { get; set; }

    /// <summary>Whether it had a section open, so that there is something to report.</summary>
    public bool HasSections => _sections != 0;

    /// <summary>Says whose sections were left open, and how many.</summary>
    public void Set(SlotOwner owner, int sections)
    {
        _owner = owner;
        _sections = sections;
    }

    /// <summary>The reader, with what is known of its sections.</summary>
    /// <exception cref="OutOfMemoryException">The next call tries again.</exception>
    public ReaderIdentity Identify() => _identity ??= _owner!.Identify(_sections);
}
