using System.Runtime.InteropServices;

namespace Quiescent.Torture.Blocks;

// The litmus test RCU+sync+read as two words. The updater writes Before, waits for a grace period, writes After. A
// section that loads an old Before began before the wait, so the wait ends after it, and it cannot load the new After.
// Two loads make it the cheapest detector, and the one with the least between a section's entry and what shows that the
// entry came too late.
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct GuardedBlock
{
    [FieldOffset(64)]
    private long _before;

    [FieldOffset(192)]
    private long _after;

    /// <summary>Written before the wait; by one updater.</summary>
    public long Open()
    {
        long generation = _before + 1;
        Volatile.Write(ref _before, generation);
        return generation;
    }

    /// <summary>Written after the wait.</summary>
    public void Close(long generation) => Volatile.Write(ref _after, generation);

    /// <summary>Loaded first in a section.</summary>
    public long ReadBefore() => Volatile.Read(ref _before);

    /// <summary>Loaded later in the same section. Null: as it must be.</summary>
    public string? Fault(long before)
    {
        long after = Volatile.Read(ref _after);
        return after > before
            ? $"A wait for a grace period returned under a section older than it: before {before}, after {after}."
            : null;
    }
}
