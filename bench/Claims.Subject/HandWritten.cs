using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Claims.Subject;

// A digit, to base 4, of a callback's index, as a type.
internal interface IDigit
{
    static abstract int Value { get; }
}

internal readonly struct D0 : IDigit { public static int Value => 0; }

internal readonly struct D1 : IDigit { public static int Value => 1; }

internal readonly struct D2 : IDigit { public static int Value => 2; }

internal readonly struct D3 : IDigit { public static int Value => 3; }

// A trivial callback, as a program writes one by hand for each kind of block. An instantiation over value types is
// compiled to a method of its own, in which the index, and so the offset, is a constant.
internal static unsafe class Callback<T1, T2, T3, T4>
    where T1 : IDigit
    where T2 : IDigit
    where T3 : IDigit
    where T4 : IDigit
{
    public static void Free(RcuHead* head) =>
        NativeMemory.Free((byte*)head - (HandWritten.OffsetOf(Index) * sizeof(nint)));

    private static int Index
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (((((T1.Value * 4) + T2.Value) * 4) + T3.Value) * 4) + T4.Value;
    }
}

internal static unsafe class HandWritten
{
    public const int Count = 256;

    /// <summary>The bytes of every block.</summary>
    public const int BlockBytes = 64;

    // The head is at one of these words of the block; a head takes two.
    private const int FirstOffset = 1;
    private const int Offsets = (BlockBytes / 8) - 1 - FirstOffset;

    /// <summary>The functions, by index; each is a method of its own.</summary>
    public static readonly nint[] Functions = [.. All<D0>(), .. All<D1>(), .. All<D2>(), .. All<D3>()];

    /// <summary>Where in its block, in words, the head is that callback <paramref name="index"/> frees.</summary>
    public static int OffsetOf(int index) => FirstOffset + (index % Offsets);

    private static nint[] All<T1>()
        where T1 : IDigit =>
        [.. All<T1, D0>(), .. All<T1, D1>(), .. All<T1, D2>(), .. All<T1, D3>()];

    private static nint[] All<T1, T2>()
        where T1 : IDigit
        where T2 : IDigit =>
        [.. All<T1, T2, D0>(), .. All<T1, T2, D1>(), .. All<T1, T2, D2>(), .. All<T1, T2, D3>()];

    private static nint[] All<T1, T2, T3>()
        where T1 : IDigit
        where T2 : IDigit
        where T3 : IDigit =>
        [Of<T1, T2, T3, D0>(), Of<T1, T2, T3, D1>(), Of<T1, T2, T3, D2>(), Of<T1, T2, T3, D3>()];

    private static nint Of<T1, T2, T3, T4>()
        where T1 : IDigit
        where T2 : IDigit
        where T3 : IDigit
        where T4 : IDigit =>
        (nint)(delegate*<RcuHead*, void>)&Callback<T1, T2, T3, T4>.Free;
}
