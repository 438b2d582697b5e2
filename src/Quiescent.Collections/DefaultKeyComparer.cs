using System.Runtime.CompilerServices;
using Quiescent.Collections.Hashing;

namespace Quiescent.Collections;

/// <summary>
/// Compares keys as <see cref="System.Collections.Concurrent.ConcurrentDictionary{TKey, TValue}"/> does by default.
/// Integers, enumerations, <see cref="bool"/>, <see cref="char"/>, <see cref="Guid"/> and <see cref="Int128"/> are
/// compared bit by bit, and hashed with 64 bits; all other types by <see cref="EqualityComparer{T}.Default"/>.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <remarks>Where only a 32-bit <see cref="object.GetHashCode"/> is at hand, it is mixed with the secret. This does not
/// help against keys that were chosen to share those 32 bits: bring a comparer of your own.</remarks>
public readonly struct DefaultKeyComparer<TKey> : IKeyComparer<TKey>
    where TKey : unmanaged
{
    // Constants to the compiler.
    private static bool IsBitwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(TKey).IsEnum
            || typeof(TKey) == typeof(long) || typeof(TKey) == typeof(ulong)
            || typeof(TKey) == typeof(int) || typeof(TKey) == typeof(uint)
            || typeof(TKey) == typeof(short) || typeof(TKey) == typeof(ushort)
            || typeof(TKey) == typeof(sbyte) || typeof(TKey) == typeof(byte)
            || typeof(TKey) == typeof(bool) || typeof(TKey) == typeof(char)
            || typeof(TKey) == typeof(nint) || typeof(TKey) == typeof(nuint)
            || typeof(TKey) == typeof(Guid)
            || typeof(TKey) == typeof(Int128) || typeof(TKey) == typeof(UInt128);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe ulong IKeyComparer<TKey>.GetHashCode(scoped in TKey key, ulong secret)
    {
        if (!IsBitwise)
        {
            return KeyHash.Of((uint)EqualityComparer<TKey>.Default.GetHashCode(key), secret);
        }

        // SAFETY: the size says which of them the key's bytes are.
        ref byte bytes = ref Unsafe.As<TKey, byte>(ref Unsafe.AsRef(in key));
        return sizeof(TKey) switch
        {
            1 => KeyHash.Of(bytes, secret),
            2 => KeyHash.Of(Unsafe.ReadUnaligned<ushort>(ref bytes), secret),
            4 => KeyHash.Of(Unsafe.ReadUnaligned<uint>(ref bytes), secret),
            8 => KeyHash.Of(Unsafe.ReadUnaligned<ulong>(ref bytes), secret),
            _ => KeyHash.Of(
                Unsafe.ReadUnaligned<ulong>(ref bytes),
                Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, sizeof(ulong))),
                secret),
        };
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe bool IKeyComparer<TKey>.Equals(scoped in TKey x, scoped in TKey y)
    {
        if (!IsBitwise)
        {
            return EqualityComparer<TKey>.Default.Equals(x, y);
        }

        // SAFETY: as above.
        ref byte left = ref Unsafe.As<TKey, byte>(ref Unsafe.AsRef(in x));
        ref byte right = ref Unsafe.As<TKey, byte>(ref Unsafe.AsRef(in y));
        return sizeof(TKey) switch
        {
            1 => left == right,
            2 => Unsafe.ReadUnaligned<ushort>(ref left) == Unsafe.ReadUnaligned<ushort>(ref right),
            4 => Unsafe.ReadUnaligned<uint>(ref left) == Unsafe.ReadUnaligned<uint>(ref right),
            8 => Unsafe.ReadUnaligned<ulong>(ref left) == Unsafe.ReadUnaligned<ulong>(ref right),
            _ => Unsafe.ReadUnaligned<UInt128>(ref left) == Unsafe.ReadUnaligned<UInt128>(ref right),
        };
    }

    /// <exception cref="ArgumentException">Keys of this type cannot be compared without a comparer of its
    /// own.</exception>
    internal static void RequireComparable()
    {
        if (!IsBitwise && KeyFields.HideElements(typeof(TKey)))
        {
            throw new ArgumentException(
                $"Keys of type {typeof(TKey)} have a fixed buffer or an inline array, of which the default comparison "
                + $"sees one element at most. Bring a comparer: RcuDictionary<TKey, TValue, TComparer>.");
        }
    }
}
