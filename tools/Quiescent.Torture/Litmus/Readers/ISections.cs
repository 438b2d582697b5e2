using Quiescent.Torture.Litmus.GracePeriods;

namespace Quiescent.Torture.Litmus.Readers;

// One kind of read-side critical section, and the way to wait for it.
internal interface ISections
{
    /// <summary>On the reader's thread: one section after another, until the body says that it is time to
    /// stop.</summary>
    void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody;

    /// <summary>On the updater's thread: returns after a grace period.</summary>
    void Synchronize();
}

// What a test does before and in each section.
internal unsafe interface ISectionBody
{
    /// <summary>Dereferenced first in each section.</summary>
    RcuPointer<LitmusBlock>* Pointer { get; }

    /// <summary>Outside, before each section. False when it is time to stop.</summary>
    bool Next();

    /// <summary>Inside, with what the pointer held.</summary>
    void Inside(LitmusBlock* block);
}
