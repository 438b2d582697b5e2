using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace Quiescent.Collections.Hashing;

// 64-bit hashes keyed by a secret: products of 128 bits whose halves are folded into one (wyhash, foldhash). Without
// the secret nobody can tell which keys share a bucket.
internal static class KeyHash
{
    // The golden ratio, and digits of pi, odd. (The first digits of pi would be a bad factor: 355/113.)
    private const ulong First = 0x9E37_79B9_7F4A_7C15;
    private const ulong Second = 0x1319_8A2E_0370_7345;
    private const ulong Third = 0xA409_3822_299F_31D1;

    /// <summary>A new secret.</summary>
    public static ulong CreateSecret()
    {
        ulong secret = 0;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref secret)));
        return secret;
    }

    /// <summary>The hash of a key of up to eight bytes.</summary>
    // After one product the first bits of the hashes of evenly spaced keys are evenly spaced too, which is bad for some
    // spacings; after the second they are not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(ulong key, ulong secret) => Fold(Fold(key ^ secret, First), Second);

    /// <summary>The hash of a key of sixteen bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(ulong low, ulong high, ulong secret) =>
        Fold(Fold(low ^ secret, First) ^ high, BitOperations.RotateLeft(secret, 32) | 1);

    /// <summary>The hash of a key of any number of bytes.</summary>
    // Each product has the secret in both factors: nobody can choose bytes that make one of them zero.
    public static ulong Of(ReadOnlySpan<byte> key, ulong secret)
    {
        ulong length = (uint)key.Length;
        ulong left = Fold(secret ^ First, Second);
        ulong right = Fold(secret ^ Third, First);
        while (key.Length > 16)
        {
            right = Fold(Word(key) ^ left, Word(key[8..]) ^ right);
            key = key[16..];
        }

        (ulong low, ulong high) = key.Length >= 8 ? (Word(key), Word(key[^8..])) : (Short(key), 0);
        return Fold(Fold(low ^ left, high ^ right) ^ length, left ^ Third);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong x, ulong y) => High(x, y) ^ (x * y);

    // Math.BigMul sends the lower half through memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High(ulong x, ulong y) =>
        Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(x, y)
        : ArmBase.Arm64.IsSupported ? ArmBase.Arm64.MultiplyHigh(x, y)
        : Math.BigMul(x, y, out _);

    private static ulong Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    // Up to seven bytes, in one word.
    private static ulong Short(ReadOnlySpan<byte> key)
    {
        ulong word = 0;
        foreach (byte b in key)
        {
            word = (word << 8) | b;
        }

        return word;
    }
}
