using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Resources;

// Arrays that wait for the same grace period, or have waited. One thread at a time has it: a cache's, or the holder of
// a depot's lock.
internal struct ArrayStack
{
    private const int FirstLength = 16;

    private ArrayEntry?[] _entries = [];
    private int _count;

    public ArrayStack()
    {
    }

    public readonly int Count => _count;

    /// <summary>Whether it has memory of its own.</summary>
    public readonly bool HasRoom => _entries is { Length: > 0 };

    /// <summary>The grace period that they wait for, once they do.</summary>
    public ulong Target { get; set; }

    /// <summary>Puts an array on top. False: there is no room, or the stack is as high as allowed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPush(ArrayEntry entry, int limit)
    {
        int count = _count;
        ArrayEntry?[] entries = _entries;
        if (count >= limit || (uint)count >= (uint)entries.Length)
        {
            return false;
        }

        entries[count] = entry;
        _count = count + 1;
        return true;
    }

    /// <summary>The array that was on top last, or null; perhaps another one's that lay there.</summary>
    public readonly ArrayEntry? Last
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            int count = _count;
            ArrayEntry?[] entries = _entries;
            return (uint)count < (uint)entries.Length ? entries[count] : null;
        }
    }

    /// <summary>Takes the array on top, or null. Remembers it as <see cref="Last"/>, and no other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayEntry? TryPop()
    {
        int count = _count - 1;
        ArrayEntry?[] entries = _entries;
        if ((uint)count >= (uint)entries.Length)
        {
            return null;
        }

        if ((uint)count + 1 < (uint)entries.Length)
        {
            entries[count + 1] = null;
        }

        _count = count;
        return entries[count];
    }

    /// <summary>Makes room for one more, up to the limit.</summary>
    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public void Reserve(int limit)
    {
        int length = Math.Min(limit, Math.Max(FirstLength, 2 * _entries.Length));
        if (_count < _entries.Length || length <= _entries.Length)
        {
            return;
        }

        FaultInjection.ThrowIfDue(FaultSite.Array);
        ArrayEntry?[] longer = new ArrayEntry?[length];

        // A first-chance handler that memory ran out for may have been here.
        if (longer.Length > _entries.Length)
        {
            _entries.AsSpan(0, _count).CopyTo(longer);
            _entries = longer;
        }
    }

    /// <summary>Leaves them to the garbage collector. Their entries stay taken in: a second return is still
    /// refused.</summary>
    public void Clear()
    {
        _entries.AsSpan().Clear();
        _count = 0;
    }
}
