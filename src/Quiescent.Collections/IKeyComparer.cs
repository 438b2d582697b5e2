namespace Quiescent.Collections;

/// <summary>
/// How a map compares keys and hashes them: a struct without fields, named as a type argument, so that the compiler
/// puts its methods into the map's code.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <remarks>
/// <para>The methods are called under no lock: they may throw, and then the map is as it was, and they may use the map.
/// They are called inside a section of the map's domain, and must not wait for a grace period of it, except that the
/// hash of a key that a caller hands over is asked for ahead of the section.</para>
/// <para>Equal keys have equal hashes, always. If they do not, the map may not find a key, or have it twice; nothing
/// worse happens.</para>
/// </remarks>
public interface IKeyComparer<TKey>
    where TKey : unmanaged
{
    /// <summary>The hash of a key: 64 bits, all of them good. The map takes its buckets from the first bits and a
    /// check from the last ones.</summary>
    /// <param name="key">The key.</param>
    /// <param name="secret">The map's own; without it, nobody should be able to find keys that share a hash.</param>
    /// <returns>The hash.</returns>
    static abstract ulong GetHashCode(scoped in TKey key, ulong secret);

    /// <summary>Whether two keys are the same one.</summary>
    /// <param name="x">One key.</param>
    /// <param name="y">The other.</param>
    /// <returns>True if they are.</returns>
    static abstract bool Equals(scoped in TKey x, scoped in TKey y);
}
