using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// All entries in the order of their hashes, chain by chain. Lives inside a section.
//
// C6 (each entry once)  A chain has one range of hashes, and what is between two chains' ranges is nothing. The walk
//     reads the chain of its position whole, as a search does (C2, C3), sorts what it found, and goes on behind the
//     range's end. Splits and merges give the ranges to other chains, but an entry's hash stays, so an entry that is
//     there throughout is met once, also when the walk goes on in a later section. Entries of one and the same hash
//     come in the order of a number made from their keys, for a walk that stops between two of them.
//     An entry that is removed and added again during the reading of its chain may be read twice; one is left out.
internal unsafe ref struct IndexWalk
{
    private readonly IndexTable _table;
    private Item[]? _more;
    private FewItems _few;
    private DictionaryCursor _cursor;
    private ulong _nextHash;
    private int _next;
    private int _count;
    private bool _isLast;

    public IndexWalk(IndexTable table, DictionaryCursor cursor)
    {
        _table = table;
        _cursor = cursor;
        _nextHash = cursor.Hash;
        _isLast = cursor.IsAtEnd;
    }

    /// <summary>Where the walk stands: behind the current entry.</summary>
    public readonly DictionaryCursor Cursor => _cursor;

    public void* Current { get; private set; }

    /// <summary>Goes to the next entry.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory to sort a chain.</exception>
    /// <exception cref="ObjectDisposedException">The map is disposed.</exception>
    public bool MoveNext()
    {
        while (_next == _count)
        {
            if (_isLast)
            {
                _cursor = DictionaryCursor.End;
                return false;
            }

            ReadChain();
        }

        ReadOnlySpan<Item> items = Items;
        ref readonly Item item = ref items[_next++];
        bool hasTwin = _next < _count && items[_next].Hash == item.Hash;
        _cursor = DictionaryCursor.Behind(item.Hash, hasTwin ? _table.NumberOf(item.Entry) : ulong.MaxValue);
        Current = item.Entry;
        return true;
    }

    [UnscopedRef]
    private Span<Item> Items => _more is null ? ((Span<Item>)_few)[.._count] : _more.AsSpan(0, _count);

    private void ReadChain()
    {
        ChainSlots slots = new(stackalloc ulong[ChainSlots.UsualLength]);
        ulong word = _table.WordFor(_nextHash);
        while (true)
        {
            Bucket* first = SegmentWord.ChainOf(word, _nextHash);
            slots.Read(first);
            Order.ReadBarrier();
            if (!Bucket.IsForwarded(first)) // [R] partner: [F] in Chain.cs.
            {
                break;
            }

            word = SegmentWord.ForwardOf(word, _nextHash);
        }

        ulong last = SegmentWord.LastOfChain(word, _nextHash);
        Sort(slots.Slots, last);
        _nextHash = last + 1;
        _isLast = last == ulong.MaxValue;
    }

    // Nothing is changed unless all of it succeeds: the comparer may throw.
    private void Sort(scoped ReadOnlySpan<ulong> slots, ulong last)
    {
        _next = _count = 0;
        _more = slots.Length > FewItems.Length ? new Item[slots.Length] : null; // A copy of the walk keeps the old one.

        int count = 0;
        Span<Item> items = _more is null ? _few : _more;
        foreach (ulong slot in slots)
        {
            Item item = new(_table.HashOf(Slot.EntryOf(slot)), Slot.EntryOf(slot));
            if (item.Hash >= _nextHash && item.Hash <= last && !IsBehind(item))
            {
                items[count++] = item;
            }
        }

        items[..count].Sort(new ByHashAndNumber(_table));
        _count = LeaveOutTwins(items[..count]);
    }

    // Whether the walk has given the entry before.
    private readonly bool IsBehind(in Item item) =>
        _cursor.IsBehindAnEntry
        && item.Hash == _cursor.Hash
        && (_cursor.Number == ulong.MaxValue || _table.NumberOf(item.Entry) <= _cursor.Number);

    private readonly int LeaveOutTwins(Span<Item> items)
    {
        int kept = 0;
        foreach (Item item in items)
        {
            bool isTwin = kept > 0
                && items[kept - 1].Hash == item.Hash
                && _table.HaveSameKey(items[kept - 1].Entry, item.Entry);
            if (!isTwin)
            {
                items[kept++] = item;
            }
        }

        return kept;
    }

    private readonly struct Item(ulong hash, void* entry)
    {
        public readonly ulong Hash = hash;
        public readonly void* Entry = entry;
    }

    [InlineArray(Length)]
    private struct FewItems
    {
        public const int Length = ChainSlots.UsualLength;

        private Item _item;
    }

    private readonly struct ByHashAndNumber(IndexTable table) : IComparer<Item>
    {
        public int Compare(Item x, Item y) =>
            x.Hash != y.Hash ? x.Hash.CompareTo(y.Hash) : table.NumberOf(x.Entry).CompareTo(table.NumberOf(y.Entry));
    }
}
