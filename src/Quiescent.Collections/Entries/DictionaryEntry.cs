using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Collections.Hashing;
using Quiescent.Collections.Index;

namespace Quiescent.Collections.Entries;

// What a block of an RcuDictionary holds. Never changed once it is in the map.
[StructLayout(LayoutKind.Sequential)]
internal struct DictionaryEntry<TKey, TValue>
    where TKey : unmanaged
    where TValue : unmanaged
{
    public TKey Key;
    public TValue Value;
}

// Such blocks, for the index.
internal readonly unsafe struct DictionaryEntries<TKey, TValue, TComparer> : IEntries<TKey>
    where TKey : unmanaged
    where TValue : unmanaged
    where TComparer : struct, IKeyComparer<TKey>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Matches(void* entry, scoped in TKey key) => TComparer.Equals(in KeyOf(entry), in key);

    public static ulong GetHashCode(void* entry, ulong secret) => TComparer.GetHashCode(in KeyOf(entry), secret);

    public static bool HaveSameKey(void* x, void* y) => TComparer.Equals(in KeyOf(x), in KeyOf(y));

    public static void CopyKey(void* to, void* from) => Unsafe.CopyBlock(to, from, (uint)sizeof(TKey));

    public static void WriteKey(void* entry, scoped in TKey key) => ((DictionaryEntry<TKey, TValue>*)entry)->Key = key;

    // Of all bytes, those between the fields too: an entry that replaces another one has the same.
    public static ulong GetNumber(void* entry, ulong secret) =>
        KeyHash.Of(new ReadOnlySpan<byte>(entry, sizeof(TKey)), ~secret);

    // SAFETY: the index has entries of this type alone, and the caller is in a section.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref readonly TKey KeyOf(void* entry) => ref ((DictionaryEntry<TKey, TValue>*)entry)->Key;
}
