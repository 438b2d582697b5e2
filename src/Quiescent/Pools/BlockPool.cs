using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Validate;
using static Quiescent.Tuning;

namespace Quiescent.Pools;

// A pool of blocks of any type. Where a block is, and what moves it:
//
//        Free            reclaimed by the owner                Rent
//   out ──────► queue ─────────────────────────► magazine ─────────────► out
//    │            │ reclaimed by the               ▲    │ full: half
//    │            │ reclaimer, a barrier, or an    │    ▼
//    │            │ owner who rents less       ┌────────────┐  surplus   ┌───────┐  all empty    the
//    │            └──────────────────────────► │   shelf    │ ─────────► │ slabs │ ────────────► system
//    │ FreeNow (or Free, type-safe)            └────────────┘ ◄───────── └───────┘
//    └───────────► magazine                        depot       no block shelved
//
// The queue is one of the thread's page queues, with a channel of the pool's own. Stamps, targets, owner collection,
// the reclaimer's passes, barriers, back-pressure, adoption by the slot's next owner, statistics and the domain's
// disposal are those of kfree_rcu. The fast paths (inlined into the public face) pop the magazine and append to the
// queue. Why it is right:
//
// P1 (one place, one mover)  A block has one place, and one thread at a time moves it: in a magazine, its owner;
//     expired in a queue, the holder of the queue's lock, by O7 (exactly once) and O10 (one consumer); in the depot,
//     the holder of the depot's lock.
// P2 (a grace period before reuse)  Between Free and Rent lies a full grace period, since blocks leave a queue only
//     once they have expired: O3 (unlinked before started). FreeNow is an exception, and so is Free in a type-safe
//     pool, whose readers check that the block is still the one they looked for.
// P3 (one owner per magazine)  A magazine belongs to the thread whose slot it is in (Magazine.cs). When the thread has
//     ended, it goes to the slot's next owner with what is in it; the registration orders the two, by O6 (dead
//     threads).
// P4 (a slab leaves whole)  A slab goes back to the system when all of its blocks are in it (Depot.cs). A slab of a
//     type-safe pool does so one grace period later (SlabRelease.cs).
// P5 (disposal and renting never both succeed)  [L], [M] in PoolDisposal.cs, which also has P7 (a dropped pool frees
//     nothing in use).
// P6 (blocks out)  The count of blocks out is rented less freed (PoolCounts.cs).
//
// Checked by: RentTests, PoolThreadTests, PoolStressTests, PoolDisposalTests; systematic PoolTests; mutants P3 to P7.
internal sealed unsafe class BlockPool : BlockSink
{
    private static long s_lastNumber;

    private PoolState _state; // The first of the structs: near what the fast paths read beside it.
    private readonly DomainCore _core;
    private readonly Producer _producer;
    private readonly SlabLayout _layout;
    private readonly Depot _depot;
    private readonly SlabRelease _slabs;
    private readonly int _magazine;
    private readonly bool _isTypesafe;
    private readonly bool _validate;
    private readonly int _channel;
    private GCHandle _handle;

    /// <summary>A pool without blocks.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the pool itself.</exception>
    public BlockPool(DomainCore core, nuint blockBytes, RcuPoolOptions options)
    {
        _core = core;
        _producer = core.Producer;
        _validate = core.Slots.Validate;
        _isTypesafe = options.TypesafeByRcu;
        Name = options.Name;
        _layout = new SlabLayout(blockBytes, (nuint)options.Alignment, (nuint)options.SlabBytes, _validate);
        _magazine = (int)Math.Clamp(MaxMagazineBytes / _layout.Stride, MinMagazine, Magazine.MaxBlocks);
        DomainState = core.State;
        _state = new PoolState(Order.Increment(ref s_lastNumber), Name);
        _depot = new Depot(_layout, _magazine, _isTypesafe, _validate);
        try
        {
            _slabs = new SlabRelease(core, _depot, (long)_layout.SlabBytes, _isTypesafe);
            Counts = new PoolCounts(this);
            Disposal = new PoolDisposal(this, _slabs);
            _handle = GCHandle.Alloc(this);
            _channel = core.Sinks.Add(this);
        }
        catch
        {
            _depot.ReleaseAll();
            if (_handle.IsAllocated)
            {
                _handle.Free();
            }

            throw;
        }

        _state.Change(set: 0);

        // The domain's disposal sets Closed before it marks the pools: whichever comes first, this pool learns of it.
        if (Order.Acquire(in core.State->Closed) != 0)
        {
            MarkDomainDisposed();
        }
    }

    /// <inheritdoc cref="PoolState.Open"/>
    public ref readonly long Open => ref _state.Open;

    public ref PoolState State => ref _state;

    public string Name { get; }

    public DomainCore Core => _core;

    public DomainState* DomainState { get; }

    public Depot Depot => _depot;

    public nuint SlabBytes => _layout.SlabBytes;

    /// <summary>The channel of the pool's queues and magazines.</summary>
    public int Channel => _channel;

    public PoolCounts Counts { get; }

    public PoolDisposal Disposal { get; }

    public bool IsTypesafe => _isTypesafe;

    /// <summary>Rents from the thread's magazine, if a block is ready and the pool is open.</summary>
    /// <param name="magazine">The magazine that the thread remembers for the number.</param>
    /// <param name="number">What <see cref="Open"/> was then.</param>
    /// <param name="block">The block.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRent(Magazine* magazine, long number, out void* block)
    {
        if (Magazine.TryPop(magazine, out block))
        {
            if (Order.Acquire(in Open) == number)
            {
                return true;
            }

            Magazine.TakeBack(magazine);
        }

        return false;
    }

    /// <summary>Frees into the thread's magazine or queue, if there is room.</summary>
    /// <param name="magazine">The magazine that the thread remembers for the open pool.</param>
    /// <param name="block">A block of this pool.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFree(Magazine* magazine, void* block)
    {
        if (IsTypesafe)
        {
            return Magazine.TryPush(magazine, block);
        }

        if (!Producer.TryAppend(&magazine->Queue, block))
        {
            return false;
        }

        if (AppendWord.IsDue(&magazine->Queue.Append))
        {
            HandleAppendFlags(&magazine->Queue);
        }

        return true;
    }

    /// <summary>Rents beyond the fast path: another pool was used last, the magazine is empty, the thread is new to the
    /// pool, the pool is closed, or Validate is on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void* Rent()
    {
        long number = Order.Acquire(in Open);
        return Magazines.TryRecall(number, out Magazine* magazine) && TryRent(magazine, number, out void* block)
            ? block
            : RentBeyondMagazine();
    }

    /// <summary>Frees after a grace period, beyond the fast path.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Free(void* block)
    {
        if (block != null
            && !(Magazines.TryRecall(Order.Acquire(in Open), out Magazine* magazine) && TryFree(magazine, block)))
        {
            FreeBeyondMagazine(block);
        }
    }

    /// <summary>Frees at once, beyond the fast path. It fails only after disposal, or in the checks of
    /// Validate.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void FreeNow(void* block)
    {
        if (block != null
            && !(Magazines.TryRecall(Order.Acquire(in Open), out Magazine* magazine)
                && Magazine.TryPush(magazine, block)))
        {
            FreeNowBeyondMagazine(block);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HandleAppendFlags(PageQueue* queue) => _producer.HandleAppendFlags(queue);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void* RentBeyondMagazine()
    {
        while (true)
        {
            _state.AwaitOpen();
            Magazine* magazine = Find(_producer.RequireSlot(_core.Registrar.Known));
            if (magazine->Count == 0)
            {
                Refill(magazine);
            }

            if (Magazine.TryPop(magazine, out void* block))
            {
                Order.Fence(); // [L] where the process-wide barrier cannot be relied upon.
                if (Order.Acquire(in _state.Open) == _state.Number)
                {
                    return _validate ? Checked(magazine, (nint)block) : block;
                }

                Magazine.TakeBack(magazine);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FreeBeyondMagazine(void* block)
    {
        if (_isTypesafe)
        {
            FreeNowBeyondMagazine(block);
            return;
        }

        _state.ThrowIfDisposed();
        ReaderSlot* real = _producer.RequireSlot(_core.Registrar.Known);
        PageQueue* queue = &Find(real)->Queue;
        if (!_validate)
        {
            _producer.Append(real, queue, block);
            return;
        }

        _depot.MarkIn((nint)block);
        try
        {
            _producer.Append(real, queue, block);
        }
        catch
        {
            _depot.MarkOut((nint)block);
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FreeNowBeyondMagazine(void* block)
    {
        _state.ThrowIfDisposed();
        if (_validate)
        {
            _depot.MarkIn((nint)block);
            PoisonAll([(nint)block]);
        }

        Magazine* magazine = TryFind();
        if (magazine == null)
        {
            Slab* released = _depot.Put([(nint)block]);
            _slabs.Release(released); // May put a slab back into the depot.
            Counts.AddFreedWithoutMagazine(); // Last, with all in its place: disposal counts it.
            return;
        }

        if (!Magazine.TryPush(magazine, block))
        {
            Unload(magazine);
            Magazine.TryPush(magazine, block);
        }
    }

    /// <summary>Makes room for the next block that this thread frees after a grace period, and applies back-pressure
    /// for those before it.</summary>
    public void PrepareFree()
    {
        _state.ThrowIfDisposed();
        ReaderSlot* real = _producer.RequireSlot(_core.Registrar.Known);
        _producer.EnsureRoom(real, &Find(real)->Queue);
    }

    /// <inheritdoc/>
    public override void Take(ReadOnlySpan<nint> blocks)
    {
        PoisonAll(blocks);
        _slabs.Release(_depot.Put(blocks));
        Disposal.ReleaseIfAbandoned();
    }

    /// <inheritdoc/>
    public override void MarkDomainDisposed() => _state.Change(set: PoolState.DomainDisposed);

    /// <summary>The end: gives the channel back, and lets go of this object.</summary>
    public void Forget()
    {
        _core.Sinks.Remove(_channel);
        _handle.Free();
    }

    // Finds or adopts the thread's magazine, and registers the thread.
    private Magazine* Find(ReaderSlot* real)
    {
        Magazine* magazine = (Magazine*)((ThreadQueues*)real->Queues)->For(_channel, Magazine.Bytes);
        if (magazine->Pool != _state.Number)
        {
            // Disposal may have overtaken a renter, whose newly taken slot may then have a magazine of the next pool
            // with this channel. But if this pool is not disposed of now, the channel is its own, and later pools leave
            // this slot to this thread.
            _state.ThrowIfDisposed();
            Magazine.Adopt(
                magazine,
                _state.Number,
                GCHandle.ToIntPtr(_handle),
                _magazine,
                (int)Math.Min(_layout.Stride, int.MaxValue),
                _core.Queues);
        }

        // Under Validate, and where each operation has to fence by itself, every operation comes here.
        if (!_validate && ProcessWideBarrier.IsReliable)
        {
            Magazines.Remember(_state.Number, magazine);
        }

        return magazine;
    }

    // Null: the domain is disposed, or there is no memory for a magazine.
    private Magazine* TryFind()
    {
        try
        {
            return _core.IsDisposed ? null : Find(_producer.RequireSlot(_core.Registrar.Known));
        }
        catch (Exception e) when (e is OutOfMemoryException or ObjectDisposedException)
        {
            return null;
        }
    }

    // The thread's own expired blocks are rented again first; if there are none, the depot gives.
    private void Refill(Magazine* magazine)
    {
        Span<nint> into = new(Magazine.BlockAt(magazine, 0), (int)magazine->Capacity);
        int count = _core.Collector.TakeExpired(&magazine->Queue, into);
        if (count != 0)
        {
            PoisonAll(into[..count]);
        }
        else
        {
            count = _depot.Take(into);
        }

        Magazine.Receive(magazine, count);
    }

    // Moves half of a full magazine to the depot, so that a thread that keeps crossing the magazine's edge does not go
    // there each time.
    private void Unload(Magazine* magazine)
    {
        int count = (int)(magazine->Count + 1) / 2;
        Magazine.Receive(magazine, -count);
        _slabs.Release(_depot.Put(new ReadOnlySpan<nint>(Magazine.BlockAt(magazine, magazine->Count), count)));
    }

    private void* Checked(Magazine* magazine, nint block)
    {
        if (ValidateSwitch.IsSupported && !_isTypesafe && !Poison.IsIntact(block, _layout.Stride))
        {
            // Reported once: from here on the block can be rented again.
            Poison.Fill(block, _layout.Stride);
            Magazine.TakeBack(magazine);
            throw new InvalidOperationException(
                $"The block at 0x{block:x} of the pool '{Name}' was written to after it had been freed.\n"
                + $"  found at: {CallerSite.Capture()}\n  queued at: {_depot.FreedAt(block) ?? "(never)"}");
        }

        _depot.MarkOut(block);
        return (void*)block;
    }

    private void PoisonAll(ReadOnlySpan<nint> blocks)
    {
        if (_validate)
        {
            _depot.PoisonAll(blocks);
        }
    }
}
