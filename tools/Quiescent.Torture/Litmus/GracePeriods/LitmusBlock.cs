using System.Runtime.InteropServices;

namespace Quiescent.Torture.Litmus.GracePeriods;

// What the litmus tests of grace periods publish: words on lines of their own. An odd number of lines, so that blocks
// side by side do not share the cache's sets.
[StructLayout(LayoutKind.Explicit, Size = Lines * LineBytes)]
internal unsafe struct LitmusBlock
{
    public const long Sound = 0x5011D;
    public const long Poison = 0x6B6B6B6B6B6B6B6B;

    /// <summary>Lines that <see cref="Word"/> reaches.</summary>
    public const int Words = Lines;

    public const int HeadOffset = 16;

    private const int Lines = 9;
    private const int LineBytes = 64;

    [FieldOffset(0)]
    public long Value;

    /// <summary>For the forms of freeing that need one.</summary>
    [FieldOffset(HeadOffset)]
    public RcuHead Head;

    // SAFETY: blocks lie in unmanaged memory; the index is below Words.
    public static long* Word(LitmusBlock* block, int line) => (long*)((byte*)block + (line * LineBytes));
}
