using System.Runtime.InteropServices;

namespace Quiescent.Scale.Workloads.Resources;

// The contents of the resources, and the order of reading: random bytes, in random order. Both fit in a processor's
// first-level cache, so that the way to a byte is measured and not the byte.
internal static unsafe class Pattern
{
    public const int Length = 16 * 1024;
    private const int Uses = 4_096;
    private const int Seed = 1;

    private static readonly byte[] s_bytes = new byte[Length];
    private static readonly ushort[] s_offsets = new ushort[Uses];

    static Pattern()
    {
        Random random = new(Seed);
        random.NextBytes(s_bytes);
        for (int i = 0; i < s_offsets.Length; i++)
        {
            s_offsets[i] = (ushort)random.Next(Length);
        }

        Sum = s_offsets.Sum(offset => (long)s_bytes[offset]);
    }

    public static ReadOnlySpan<byte> Bytes => s_bytes;

    public static ReadOnlySpan<ushort> Offsets => s_offsets;

    /// <summary>The sum of the bytes at all offsets.</summary>
    public static long Sum { get; }

    /// <summary>A copy in unmanaged memory.</summary>
    public static byte* Allocate()
    {
        byte* memory = (byte*)NativeMemory.Alloc(Length);
        Bytes.CopyTo(new Span<byte>(memory, Length));
        return memory;
    }
}
