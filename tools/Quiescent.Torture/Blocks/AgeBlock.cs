using System.Runtime.InteropServices;

namespace Quiescent.Torture.Blocks;

// A block of the age pipe. Its memory stays a block of the pipe for the whole run, so that a reader that holds it too
// long reads its age and not something else.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct AgeBlock
{
    /// <summary>One for having been unlinked, and one for each grace period since.</summary>
    public int Age;

    /// <summary>1 from before its publication until its reuse.</summary>
    public int IsPublished;

    /// <summary>Counts its lives.</summary>
    public long Generation;

    public RcuHead Head;

    /// <summary>A <c>GCHandle</c> of the pipe, for callbacks that receive only the block.</summary>
    public nint Owner;

    // SAFETY: only heads of age blocks are queued with the functions that ask.
    public static AgeBlock* Of(RcuHead* head) => (AgeBlock*)((byte*)head - Marshal.OffsetOf<AgeBlock>(nameof(Head)));
}
