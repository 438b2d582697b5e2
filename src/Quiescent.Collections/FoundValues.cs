using System.Runtime.CompilerServices;
using Quiescent.Collections.Entries;

namespace Quiescent.Collections;

/// <summary>The values that a look-up of several keys found, in the keys' order, until the section ends.</summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
public readonly unsafe ref struct FoundValues<TValue>
    where TValue : unmanaged
{
    /// <summary>How many keys one look-up takes at most.</summary>
    public const int Capacity = FoundEntries.Length;

    private readonly FoundEntries _values;

    internal FoundValues(scoped in FoundEntries values, int count)
    {
        _values = values;
        Count = count;
    }

    /// <summary>How many keys were looked up.</summary>
    public int Count { get; }

    /// <summary>The value of the key with this index; a null reference if the key was absent
    /// (<see cref="Rcu.IsNull{T}"/>).</summary>
    /// <param name="index">The key's place among the keys.</param>
    /// <returns>The value, in place.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There was no such key.</exception>
    public ref readonly TValue this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);

            // SAFETY: an entry that was found stays until the section ends, and this value does not leave the section.
            return ref Unsafe.AsRef<TValue>((void*)_values[index]);
        }
    }
}
