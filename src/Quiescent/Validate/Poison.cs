namespace Quiescent.Validate;

// Under Validate a free block holds poison (the kernel's 0x6b). A reader that comes too late reads nobody's data; a
// write that comes too late is found when the block is rented, or leaves the quarantine.
internal static unsafe class Poison
{
    public const byte Value = 0x6B;

    // SAFETY: of all methods: the block is the caller's.
    public static void Fill(nint block, nuint bytes) => new Span<byte>((void*)block, checked((int)bytes)).Fill(Value);

    /// <summary>Whether nobody has written to the block since it was filled.</summary>
    public static bool IsIntact(nint block, nuint bytes) => FirstWritten(block, bytes) < 0;

    /// <summary>The offset of the first byte that was written to since the block was filled, or -1.</summary>
    public static int FirstWritten(nint block, nuint bytes) =>
        new ReadOnlySpan<byte>((void*)block, checked((int)bytes)).IndexOfAnyExcept(Value);
}
