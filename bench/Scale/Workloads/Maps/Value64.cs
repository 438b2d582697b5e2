using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Workloads.Maps;

// A value of 64 bytes. Its first word tells which key it belongs to, so that a look-up can be checked.
[InlineArray(Words)]
[StructLayout(LayoutKind.Sequential)]
internal struct Value64 : IEquatable<Value64>
{
    public const int Bytes = Words * sizeof(ulong);
    private const int Words = 8;

    private ulong _first;

    public readonly ulong Stamp => _first;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Value64 Of(ulong key)
    {
        Value64 value = default;
        value._first = StampOf(key);
        return value;
    }

    /// <summary>Never zero for a key of <see cref="MapKeys"/>: zero is what a look-up gives for an absent
    /// key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong StampOf(ulong key) => ~key;

    public readonly bool Equals(Value64 other) => ((ReadOnlySpan<ulong>)this).SequenceEqual(other);

    public override readonly bool Equals(object? obj) => obj is Value64 other && Equals(other);

    public override readonly int GetHashCode() => _first.GetHashCode();
}
