using System.Runtime.CompilerServices;

namespace Quiescent.Collections.Index;

// The slots of a chain whose tags fit a key's hash and whose entries have another key, in the chain's order. A search
// that does not find its key leaves them to the insertion, which finds the same slots again under the lock, and no
// others, unless somebody has changed the chain. Entries do not move within a chain (C2), so one pass over both
// suffices.
internal ref struct ComparedEntries : IComparedEntries
{
    private FewSlots _first;
    private List<ulong>? _rest; // One tag in ten thousand fits by chance. More than a few: the hashes are bad.
    private int _count;
    private int _passed;

    public void Clear()
    {
        _rest?.Clear();
        _count = 0;
        _passed = 0;
    }

    public void Add(ulong slot)
    {
        if (_count < FewSlots.Length)
        {
            _first[_count] = slot;
        }
        else
        {
            (_rest ??= []).Add(slot);
        }

        _count++;
    }

    /// <summary>Goes back to the first of them, for a pass over the chain.</summary>
    public void Restart() => _passed = 0;

    /// <summary>Passes the slot, and those before it, which have been emptied meanwhile. False: it is none of
    /// them.</summary>
    public bool TryPass(ulong slot)
    {
        while (_passed < _count)
        {
            int index = _passed++;
            if ((index < FewSlots.Length ? _first[index] : _rest![index - FewSlots.Length]) == slot)
            {
                return true;
            }
        }

        return false;
    }

    [InlineArray(Length)]
    private struct FewSlots
    {
        public const int Length = 4;

        private ulong _slot;
    }
}

// What a search does with the entries that share a key's tag and are another's.
internal interface IComparedEntries
{
    /// <summary>Begins again.</summary>
    void Clear();

    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    void Add(ulong slot);
}

// A look-up's: nothing.
internal readonly struct NothingCompared : IComparedEntries
{
    public void Clear()
    {
    }

    public void Add(ulong slot)
    {
    }
}
