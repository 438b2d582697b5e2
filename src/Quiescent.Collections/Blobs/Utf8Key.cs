using System.Buffers;
using System.Text.Unicode;

namespace Quiescent.Collections.Blobs;

// A key of characters as UTF-8, on the caller's stack if it is short.
internal ref struct Utf8Key
{
    public const int StackBytes = 512;

    private readonly byte[]? _rented;

    /// <exception cref="ArgumentException">The key has a lone surrogate, or is too long.</exception>
    public Utf8Key(ReadOnlySpan<char> key, Span<byte> stack)
    {
        const int MaxBytesPerChar = 3;
        if (key.Length > BlobEntry.MaxKeyLength)
        {
            throw BlobLimits.KeyTooLong();
        }

        _rented = key.Length > StackBytes / MaxBytesPerChar
            ? ArrayPool<byte>.Shared.Rent(key.Length * MaxBytesPerChar)
            : null;
        Span<byte> room = _rented ?? stack;
        if (Utf8.FromUtf16(key, room, out _, out int written, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            Dispose();
            throw new ArgumentException("The key has a lone surrogate. As UTF-8 all of them would be one key.");
        }

        Bytes = room[..written];
    }

    public ReadOnlySpan<byte> Bytes { get; }

    public readonly void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}

internal static class BlobLimits
{
    /// <exception cref="ArgumentException">The key is too long.</exception>
    public static void RequireKey(ReadOnlySpan<byte> key)
    {
        if (key.Length > BlobEntry.MaxKeyLength)
        {
            throw KeyTooLong();
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">The value is too long, or the length negative.</exception>
    public static void RequireValue(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, BlobEntry.MaxValueLength);
    }

    public static ArgumentException KeyTooLong() =>
        new($"The key is longer than {BlobEntry.MaxKeyLength:N0} bytes.");
}
