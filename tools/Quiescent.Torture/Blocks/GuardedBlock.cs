using System.Runtime.InteropServices;

namespace Quiescent.Torture.Blocks;

// The litmus test RCU+sync+read as two words. The updater writes Before, waits for a grace period, and writes After. A
// section that loads an old Before began before the wait, so the wait ends after it, and the section cannot load the
// new After. Two loads make this the cheapest detector, with the least between a section's entry and the load that
// shows a late entry.
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct GuardedBlock
{
    [FieldOffset(64)]
    private long _before;

    [FieldOffset(192)]
    private long _after;

    /// <summary>Writes the word before the wait; called by one updater at a time.</summary>
    public long Open()
    {
        long generation = _before + 1;
        Volatile.Write(ref _before, generation);
        return generation;
    }

    /// <summary>Writes the word after the wait.</summary>
    public void Close(long generation) => Volatile.Write(ref _after, generation);

    /// <summary>The first load of a section.</summary>
    public long ReadBefore() => Volatile.Read(ref _before);

    /// <summary>A later load of the same section. Null: no fault.</summary>
    public string? Fault(long before)
    {
        long after = Volatile.Read(ref _after);
        return after > before
            ? $"A wait for a grace period returned under a section older than it: before {before}, after {after}."
            : null;
    }
}
