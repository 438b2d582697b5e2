using System.Runtime.InteropServices;

namespace Quiescent.Claims.Subject;

// 256 trivial callbacks, as a program with 256 kinds of blocks writes them by hand. They are instantiations over value
// types, each of which is compiled to a method of its own; the index, and with it the offset, is a constant in each.
internal static unsafe class Callback<THigh, TLow>
    where THigh : struct, IDigit
    where TLow : struct, IDigit
{
    public static void Free(RcuHead* head) =>
        NativeMemory.Free((byte*)head - (HandWritten.OffsetOf((THigh.Value * HandWritten.Digits) + TLow.Value) * sizeof(nint)));
}

internal static unsafe class HandWritten
{
    public const int Digits = 16;
    public const int Count = Digits * Digits;

    /// <summary>The bytes of every block.</summary>
    public const int BlockBytes = 64;

    // The head lies at one of these words of the block; a head takes two.
    private const int FirstOffset = 1;
    private const int Offsets = (BlockBytes / 8) - 1 - FirstOffset;

    /// <summary>The functions, each a method of its own.</summary>
    public static readonly nint[] Functions = All();

    /// <summary>Where in its block, in words, the head lies that callback number <paramref name="index"/> is
    /// for.</summary>
    public static int OffsetOf(int index) => FirstOffset + (index % Offsets);

    private static nint[] All()
    {
        List<nint> functions = [];
        AddRow<D0>(functions);
        AddRow<D1>(functions);
        AddRow<D2>(functions);
        AddRow<D3>(functions);
        AddRow<D4>(functions);
        AddRow<D5>(functions);
        AddRow<D6>(functions);
        AddRow<D7>(functions);
        AddRow<D8>(functions);
        AddRow<D9>(functions);
        AddRow<DA>(functions);
        AddRow<DB>(functions);
        AddRow<DC>(functions);
        AddRow<DD>(functions);
        AddRow<DE>(functions);
        AddRow<DF>(functions);
        return [.. functions];
    }

    private static void AddRow<T>(List<nint> functions)
        where T : struct, IDigit
    {
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, D0>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, D1>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, D2>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, D3>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, D4>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, D5>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, D6>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, D7>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, D8>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, D9>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, DA>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, DB>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, DC>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, DD>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, DE>.Free);
        functions.Add((nint)(delegate*<RcuHead*, void>)&Callback<T, DF>.Free);
    }
}
