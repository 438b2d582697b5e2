using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Validate;
using static Quiescent.Tuning;

namespace Quiescent.Pools;

// The blocks of a pool that no thread has, on a shelf and in slabs. Whole magazines' worth of blocks come to the shelf
// and leave it as they are; blocks for which the shelf has no room are sorted back into their slabs. One lock protects
// all of it, held for a page's worth of work. Why it is right:
//
// P1 (one place)  A block is in one place: its bit in its slab, a place on the shelf, or with its taker. Take and Put
//     move it under the lock.
// P4 (a slab leaves whole)  A slab leaves when all of its blocks stand in its own bits: then none is out, in a
//     magazine, on the shelf or waiting. Nothing links to it any more, and it belongs to the caller whose Put returned
//     it. A few empty slabs stay, so that a pool that keeps crossing a slab's edge does not go to the system each time.
internal sealed unsafe class Depot
{
    private readonly SlabLayout _layout;
    private readonly bool _isTypesafe;
    private readonly bool _validate;
    private readonly int _shelfRoom;
    private nint* _shelf;
    private readonly AddressRanges<string> _freedAt = new(); // Under Validate: where the blocks that are in were freed.
    private int _lock;
    private int _shelved;
    private int _emptySlabs;
    private Slab* _first;
    private Slab* _last;
    private Slab* _all;
    private long _slabs;
    private long _freeInSlabs;

    /// <exception cref="OutOfMemoryException">There is no memory for the shelf.</exception>
    public Depot(in SlabLayout layout, int magazine, bool isTypesafe, bool validate)
    {
        FaultInjection.ThrowIfDue(FaultSite.Pool);
        _layout = layout;
        _isTypesafe = isTypesafe;
        _validate = validate;
        _shelfRoom = magazine * ShelvedMagazines;

        // SAFETY: freed by ReleaseAll.
        _shelf = (nint*)NativeMemory.AlignedAlloc((nuint)_shelfRoom * (nuint)sizeof(nint), 64);
    }

    /// <summary>Takes blocks: from the shelf, from slabs that have free ones, or, if there are none, from a new slab.
    /// Returns how many it took: none only after <see cref="TakeAll"/>.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for a slab; nothing has changed.</exception>
    public int Take(Span<nint> into)
    {
        if (TryTake(into, null, out int taken))
        {
            return taken;
        }

        // Made under no lock: it may fail, and lets first-chance handlers in (O8).
        Slab* slab = MakeSlab();
        MemoryPressure.Add((long)_layout.SlabBytes);
        TryTake(into, slab, out taken);
        if (taken == 0)
        {
            NativeMemory.AlignedFree(slab); // After TakeAll.
            MemoryPressure.Remove((long)_layout.SlabBytes);
        }

        return taken;
    }

    // False: a slab is needed. One that is given is added, whether or not it is needed still.
    private bool TryTake(Span<nint> into, Slab* made, out int taken)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        taken = 0;
        if (IsReleased)
        {
            return true;
        }

        if (made != null)
        {
            AddSlab(made);
        }

        taken = Math.Min(_shelved, into.Length);
        _shelved -= taken;
        new ReadOnlySpan<nint>(_shelf + _shelved, taken).CopyTo(into);
        if (taken == 0 && _first == null)
        {
            return false;
        }

        while (taken < into.Length && _first != null)
        {
            taken += TakeFrom(_first, into[taken..]);
        }

        return true;
    }

    /// <summary>Takes blocks back. Returns the empty slabs that leave the depot, linked by Next.</summary>
    public Slab* Put(ReadOnlySpan<nint> blocks)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        int shelved = Math.Min(_shelfRoom - _shelved, blocks.Length);
        blocks[..shelved].CopyTo(new Span<nint>(_shelf + _shelved, shelved));
        _shelved += shelved;

        Slab* released = null;
        foreach (nint block in blocks[shelved..])
        {
            Slab* slab = _layout.SlabOf(block);
            Slab.Put(slab, _layout.IndexOf(slab, block));
            _freeInSlabs++;
            if (slab->FreeCount == 1)
            {
                LinkFirst(slab);
            }

            if (slab->FreeCount == _layout.Blocks)
            {
                RetireEmpty(slab, ref released);
            }
        }

        return released;
    }

    /// <summary>Takes back a slab that could not leave after all.</summary>
    public void PutBack(Slab* slab)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        LinkLast(slab);
        LinkToAll(slab);
        _emptySlabs++;
    }

    /// <summary>Frees all slabs. The caller knows that nobody uses a block of them, now or later.</summary>
    public void ReleaseAll()
    {
        for (Slab* slab = TakeAll(); slab != null;)
        {
            Slab* next = slab->Next;
            NativeMemory.AlignedFree(slab);
            MemoryPressure.Remove((long)_layout.SlabBytes);
            slab = next;
        }
    }

    /// <summary>Ends the depot. Returns all slabs, linked by Next; the caller frees them.</summary>
    public Slab* TakeAll()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        Slab* slabs = _all;
        for (Slab* slab = slabs; slab != null; slab = slab->NextOfAll)
        {
            slab->Next = slab->NextOfAll;
        }

        NativeMemory.AlignedFree(_shelf);
        _shelf = null;
        _all = _first = _last = null;
        _slabs = _freeInSlabs = _shelved = _emptySlabs = 0;
        return slabs;
    }

    /// <summary>Slabs, their blocks, and how many of these are here.</summary>
    public (long Slabs, long Blocks, long Here) Read()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        return (_slabs, _slabs * _layout.Blocks, _freeInSlabs + _shelved);
    }

    /// <summary>Under Validate: poisons free blocks, except those that readers may look at, and those whose slabs are
    /// gone (a renter may come late).</summary>
    public void PoisonAll(ReadOnlySpan<nint> blocks)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        if (!_isTypesafe && !IsReleased)
        {
            foreach (nint block in blocks)
            {
                Poison.Fill(block, _layout.Stride);
            }
        }
    }

    /// <summary>Under Validate: a block goes out.</summary>
    public void MarkOut(nint block)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        Slab* slab = _layout.SlabOf(block);
        Slab.TryMark(slab, _layout, _layout.IndexOf(slab, block), isOut: true);
        _freedAt.Remove(block, out _);
    }

    /// <summary>Under Validate: where a block that is in was freed; null if it was never out.</summary>
    public string? FreedAt(nint block)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        return _freedAt.Holding(block);
    }

    /// <summary>Under Validate: a block comes in.</summary>
    /// <exception cref="InvalidOperationException">It is no block of this pool, or was not out.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory to record where; nothing has changed.</exception>
    public void MarkIn(nint block)
    {
        if (!ValidateSwitch.IsSupported)
        {
            return; // Unreachable; lets the compiler drop the rest.
        }

        string site = CallerSite.Capture().ToString();
        AddressRanges<string>.Piece freed = new(block, 1, site);
        bool isBlock;
        string? before;
        using (TryLock.Hold(ref _lock))
        {
            if (TryMarkIn(block, out isBlock))
            {
                _freedAt.Remove(block, out _); // Of a slab that was here before.
                _freedAt.Add(freed);
                return;
            }

            before = _freedAt.Holding(block);
        }

        throw new InvalidOperationException(isBlock
            ? $"The block at 0x{block:x} was freed before, or never rented. Nothing was freed.\n"
                + $"  queued at: {site}\n  queued before at: {before ?? "(never)"}"
            : $"No block of this pool begins at 0x{block:x}. Nothing was freed.\n  queued at: {site}");
    }

    private bool TryMarkIn(nint block, out bool isBlock)
    {
        Slab* slab = _all;
        while (slab != null && slab != _layout.SlabOf(block))
        {
            slab = slab->NextOfAll;
        }

        isBlock = slab != null && _layout.IsBlock(slab, block);
        return isBlock && Slab.TryMark(slab, _layout, _layout.IndexOf(slab, block), isOut: false);
    }

    private bool IsReleased => _shelf == null;

    private int TakeFrom(Slab* slab, Span<nint> into)
    {
        _emptySlabs -= slab->FreeCount == _layout.Blocks ? 1 : 0;
        int taken = Slab.Take(slab, _layout, into);
        _freeInSlabs -= taken;
        if (slab->FreeCount == 0)
        {
            Unlink(slab);
        }

        return taken;
    }

    private Slab* MakeSlab()
    {
        FaultInjection.ThrowIfDue(FaultSite.Slab);

        // SAFETY: freed by ReleaseAll, or by the caller that Put returned it to.
        Slab* slab = (Slab*)NativeMemory.AlignedAlloc(_layout.SlabBytes, _layout.SlabBytes);
        NativeMemory.Clear(slab, _isTypesafe ? _layout.SlabBytes : _layout.First);
        if (_validate && !_isTypesafe)
        {
            for (int i = 0; i < _layout.Blocks; i++)
            {
                Poison.Fill(_layout.BlockAt(slab, i), _layout.Stride);
            }
        }

        Slab.PutAll(slab, _layout.Blocks);
        return slab;
    }

    private void AddSlab(Slab* slab)
    {
        LinkLast(slab);
        LinkToAll(slab);
        _emptySlabs++;
    }

    private void RetireEmpty(Slab* slab, ref Slab* released)
    {
        Unlink(slab);
        if (_emptySlabs < KeptEmptySlabs)
        {
            // Last in the list, so that the blocks of slabs in use are rented before its own.
            LinkLast(slab);
            _emptySlabs++;
            return;
        }

        UnlinkFromAll(slab);
        slab->Next = released;
        released = slab;
    }

    private void LinkFirst(Slab* slab) => Link(slab, null, _first);

    private void LinkLast(Slab* slab) => Link(slab, _last, null);

    private void Link(Slab* slab, Slab* previous, Slab* next)
    {
        slab->Previous = previous;
        slab->Next = next;
        Join(previous, slab);
        Join(slab, next);
    }

    private void Unlink(Slab* slab) => Join(slab->Previous, slab->Next);

    private void Join(Slab* previous, Slab* next)
    {
        if (previous == null)
        {
            _first = next;
        }
        else
        {
            previous->Next = next;
        }

        if (next == null)
        {
            _last = previous;
        }
        else
        {
            next->Previous = previous;
        }
    }

    private void LinkToAll(Slab* slab)
    {
        slab->PreviousOfAll = null;
        slab->NextOfAll = _all;
        if (_all != null)
        {
            _all->PreviousOfAll = slab;
        }

        _all = slab;
        _slabs++;
        _freeInSlabs += slab->FreeCount;
    }

    private void UnlinkFromAll(Slab* slab)
    {
        if (slab->PreviousOfAll == null)
        {
            _all = slab->NextOfAll;
        }
        else
        {
            slab->PreviousOfAll->NextOfAll = slab->NextOfAll;
        }

        if (slab->NextOfAll != null)
        {
            slab->NextOfAll->PreviousOfAll = slab->PreviousOfAll;
        }

        _slabs--;
        _freeInSlabs -= slab->FreeCount;
    }
}
