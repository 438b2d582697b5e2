namespace Quiescent.Scale.Workloads.Flooding;

// One way of replacing a published block while readers may hold the old one. A struct, so that the loops are compiled
// for it; each thread works on a copy, whose references are the turn's own.
internal interface IScheme
{
    /// <summary>On an updater's thread, before its flood.</summary>
    void Enter()
    {
    }

    /// <summary>On an updater's thread, after its flood.</summary>
    void Leave()
    {
    }

    /// <summary>Puts the first block into the slot; nothing else runs.</summary>
    void Fill(int slot);

    /// <summary>Allocates a block, publishes it by exchange, and has the old one freed when no reader can hold
    /// it.</summary>
    void Replace(int slot, long value);

    /// <summary>A reader's section: follows the slot's pointer and reads a field.</summary>
    long Read(int slot);

    /// <summary>Returns when every block that was handed over has been freed; the updaters have left, readers may go
    /// on.</summary>
    void Barrier();

    /// <summary>Frees the slot's block; nothing else runs.</summary>
    void Clear(int slot);

    /// <summary>After the turn, when all slots have been cleared.</summary>
    void End()
    {
    }
}
