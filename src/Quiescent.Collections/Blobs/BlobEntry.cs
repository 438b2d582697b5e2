using System.Runtime.CompilerServices;
using Quiescent.Collections.Hashing;
using Quiescent.Collections.Index;

namespace Quiescent.Collections.Blobs;

// The header of a block of an RcuBlobDictionary; behind it lie the key's bytes, and the value's from the next multiple
// of eight on. Never changed once it is in the map.
internal unsafe struct BlobEntry
{
    public const int MaxKeyLength = 65_536;
    public const int MaxValueLength = 1 << 30;

    private const int Alignment = sizeof(ulong);

    /// <summary>The hash of the key, so that a split need not read a long one.</summary>
    public ulong Hash;

    public int KeyLength;

    public int ValueLength;

    /// <summary>How many bytes an entry takes.</summary>
    public static nuint BytesOf(int keyLength, int valueLength) =>
        (nuint)(ValueOffset(keyLength) + valueLength);

    public static nuint BytesOf(BlobEntry* entry) => BytesOf(entry->KeyLength, entry->ValueLength);

    // SAFETY of both: the block is as long as BytesOf says.
    public static Span<byte> KeyOf(BlobEntry* entry) => new(entry + 1, entry->KeyLength);

    public static Span<byte> ValueOf(BlobEntry* entry) =>
        new((byte*)entry + ValueOffset(entry->KeyLength), entry->ValueLength);

    private static long ValueOffset(int keyLength) =>
        (sizeof(BlobEntry) + (long)keyLength + Alignment - 1) & -Alignment;
}

// Such blocks, for the index.
internal readonly unsafe struct BlobEntries : IEntries<ReadOnlySpan<byte>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Matches(void* entry, scoped in ReadOnlySpan<byte> key) =>
        BlobEntry.KeyOf((BlobEntry*)entry).SequenceEqual(key);

    public static ulong GetHashCode(void* entry, ulong secret) => ((BlobEntry*)entry)->Hash;

    public static bool HaveSameKey(void* x, void* y) =>
        BlobEntry.KeyOf((BlobEntry*)x).SequenceEqual(BlobEntry.KeyOf((BlobEntry*)y));

    public static void CopyKey(void* to, void* from)
    {
        // Equal keys have the same bytes.
    }

    public static void WriteKey(void* entry, scoped in ReadOnlySpan<byte> key)
    {
        // It never had another one's.
    }

    public static ulong GetNumber(void* entry, ulong secret) =>
        KeyHash.Of(BlobEntry.KeyOf((BlobEntry*)entry), ~secret);
}
