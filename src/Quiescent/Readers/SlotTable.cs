using System.Diagnostics;
using System.Numerics;
using System.Runtime.ConstrainedExecution;
using System.Runtime.InteropServices;
using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Readers;

// The table of reader slots that a grace period scans. Why it is right:
//
// O5  A slot is in the scanned range before its thread first announces in it. Extend() makes the slot whole, then moves
//     `_end` (release) and fences [C]; only then is the slot's address returned to the thread. The scan reads `_end`
//     after its barrier [B]. Outcomes: the scan sees the new end, and scans the slot. Or it does not; then the store of
//     `_end` came after the scanner's barrier, and everything that the thread reads later (Started, and what it
//     dereferences) is at least as new as what was visible at [B]: the scan need not wait for it. The table only grows,
//     and chunks never move. Only the finalizer frees a chunk's memory, and every registered thread holds a reference
//     to the table. It is a critical finalizer, so the finalizers of a program's own objects that use the domain run
//     before it.
// O6  Only DeadReaders calls Release(), under the engine's lock, for a thread that is dead. TryRegisterReleased() hands
//     out slots so released, Extend() new ones. A slot's owner is therefore never mistaken for its next one.
//
// Chunk k holds FirstChunk << k slots, so a scan streams through few contiguous runs and an index maps to its place
// with one bit count. The number of threads is limited by memory alone.
internal sealed unsafe class SlotTable : CriticalFinalizerObject
{
    private const int FirstChunk = 1 << FirstChunkLog2;
    private const int MaxChunks = 32 - FirstChunkLog2 - 1;
    private const nuint Alignment = 128;
    private const int None = -1;

    private readonly Chunk?[] _chunks = new Chunk?[MaxChunks];
    private readonly int _queueBytes;
    private readonly delegate*<void*, void> _freeQueues;
    private int _isServed;
    private int _gate;
    private bool _isRetired;
    private int _firstReleased = None; // A list, linked in the chunks.
    private int _end;
    private int _inUse;
    private int _sinceSweep;

    /// <summary>A table whose slots each come with zeroed memory for queues, and a function that frees what those
    /// own.</summary>
    public SlotTable(int queueBytes, delegate*<void*, void> freeQueues, bool fullFence, bool validate)
    {
        _queueBytes = queueBytes;
        _freeQueues = freeQueues;
        FullFence = fullFence;
        Validate = validate;

        // SAFETY: freed by the finalizer. Started begins in announced form at sequence 0, and Completed equal to it:
        // nothing is in progress.
        State = (DomainState*)NativeMemory.AlignedAlloc(DomainState.Bytes, Alignment);
        *State = new DomainState { Started = 1, AppendFlags = AppendFlags.Idle };
        State->Table = GCHandle.ToIntPtr(GCHandle.Alloc(this, GCHandleType.WeakTrackResurrection));
        if (!ProcessWideBarrier.IsReliable)
        {
            State->AppendFlags |= AppendFlags.Fenced;
        }
    }

    ~SlotTable()
    {
        if (State == null)
        {
            return; // The constructor found no memory.
        }

        // A finalizer that ran just before this one may have started the reclaimer, or opened a section and so
        // registered its thread. Then this one has to wait.
        if (IsServed)
        {
            GC.ReRegisterForFinalize(this);
            return;
        }

        for (int i = 0; i < _end; i++)
        {
            if (OwnerOf(i) is { IsForgotten: false, Life.HasEnded: false })
            {
                GC.ReRegisterForFinalize(this);
                return;
            }
        }

        // SAFETY: nothing refers to the table any more: neither the domain nor any live thread's registration.
        for (int i = 0; i < _end; i++)
        {
            _freeQueues(this[i]->Queues);
        }

        foreach (Chunk? chunk in _chunks)
        {
            if (chunk is not null)
            {
                chunk.Free();
            }
        }

        if (State->Table != 0)
        {
            GCHandle.FromIntPtr(State->Table).Free();
        }

        NativeMemory.AlignedFree(State);
    }

    public DomainState* State { get; }

    public bool Validate { get; }

    /// <summary>Readers fence themselves, and grace periods need no process-wide barrier.</summary>
    public bool FullFence { get; }

    /// <summary>The domain's reclaimer runs, and uses the slots.</summary>
    public bool IsServed
    {
        get => Order.Acquire(in _isServed) != 0;
        set => Order.Release(ref _isServed, value ? 1 : 0);
    }

    /// <summary>Whether a registration that finds no released slot should look for dead threads before it extends the
    /// table: always while that is cheap, then once in so many registrations that each pays for a few slots.</summary>
    public bool IsSweepDue => End <= SlotsSweptEachTime || Order.Acquire(in _sinceSweep) >= End / SweepsPerTable;

    /// <summary>How many slots were ever handed out: the scan's bound.</summary>
    public int End => Order.Acquire(in _end);

    public int InUse => Order.Acquire(in _inUse);

    public ReaderSlot* this[int index]
    {
        get
        {
            Chunk chunk = ChunkOf(index, out int offset);
            return chunk.SlotAt(offset);
        }
    }

    /// <summary>The owner of a slot of the current thread.</summary>
    public static SlotOwner? OwnerOf(ReaderSlot* slot)
    {
        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        return (GCHandle.FromIntPtr(real->State->Table).Target as SlotTable)?.OwnerOf(real->Index);
    }

    public SlotOwner? OwnerOf(int index)
    {
        Chunk chunk = ChunkOf(index, out int offset);
        return Order.Acquire(in chunk.Owners[offset]);
    }

    /// <summary>The contiguous run of slots from <paramref name="index"/> on, cut at <paramref name="end"/>.</summary>
    public ReaderSlot* Run(int index, int end, out int length)
    {
        Chunk chunk = ChunkOf(index, out int offset);
        length = Math.Min(chunk.Owners.Length - offset, end - index);
        return chunk.SlotAt(offset);
    }

    /// <summary>Gives a released slot, with whatever its queues still hold, to a new owner.</summary>
    public bool TryRegisterReleased(SlotOwner owner, out ReaderSlot* slot)
    {
        using (TryLock.Hold(ref _gate))
        {
            int index = _firstReleased;
            if (index == None)
            {
                slot = null;
                return false;
            }

            Chunk chunk = ChunkOf(index, out int offset);
            _firstReleased = chunk.NextReleased[offset];
            slot = Occupy(index, chunk, offset, owner);
            return true;
        }
    }

    /// <summary>Extends the table by a slot for the owner; null for the domain's own slot, which no thread reads
    /// in.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    public ReaderSlot* Extend(SlotOwner? owner)
    {
        Chunk? made = null;
        ReaderSlot* slot;
        while (!TryExtend(owner, ref made, out slot))
        {
            // Under no lock: it may fail, and lets first-chance handlers in (O8).
            made?.Free();
            made = new Chunk(FirstChunk << ChunkNumber(End, out _), _queueBytes);
        }

        made?.Free(); // Another thread was quicker.
        return slot;
    }

    /// <summary>A sweep for dead threads begins.</summary>
    public void BeginSweep() => Order.Release(ref _sinceSweep, 0);

    /// <summary>O6 (dead threads hold nothing up): under the engine's lock, for a dead thread whose word has been
    /// cleared.</summary>
    public void Release(int index)
    {
        using (TryLock.Hold(ref _gate))
        {
            Chunk chunk = ChunkOf(index, out int offset);
            Debug.Assert(chunk.Owners[offset] is not null, "O6: a slot is released once.");
            Order.Release(ref chunk.Owners[offset], null);
            _inUse--;
            if (!_isRetired)
            {
                chunk.NextReleased[offset] = _firstReleased;
                _firstReleased = index;
            }
        }
    }

    /// <summary>From here on only new slots, at the table's end, get owners; released slots stay without one.</summary>
    public void Retire()
    {
        using (TryLock.Hold(ref _gate))
        {
            _isRetired = true;
            _firstReleased = None;
        }
    }

    private ReaderSlot* Occupy(int index, Chunk chunk, int offset, SlotOwner? owner)
    {
        ReaderSlot* slot = chunk.SlotAt(offset);
        Debug.Assert(chunk.Owners[offset] is null, "O6: a slot has one owner at a time.");
        slot->Queues = chunk.QueuesAt(offset);
        slot->ReaderWord = FullFence ? ReaderFlags.FullFence : 0;
        slot->State = State;
        slot->Index = index;
        *ReaderSlot.TwinOf(slot) = new ReaderSlot
        {
            Word = ulong.MaxValue,
            Queues = slot->Queues,
            ReaderWord = ulong.MaxValue,
            State = State,
            Index = index,
        };
        _sinceSweep++;
        Order.Release(ref chunk.Owners[offset], owner);
        if (owner is not null)
        {
            _inUse++;
        }

        return slot;
    }

    // False: a chunk is needed. One that is given and fits is used.
    private bool TryExtend(SlotOwner? owner, ref Chunk? made, out ReaderSlot* slot)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        int index = _end;
        int number = ChunkNumber(index, out int offset);
        if (_chunks[number] is null)
        {
            if (made is null || made.Owners.Length != FirstChunk << number)
            {
                slot = null;
                return false;
            }

            Order.Release(ref _chunks[number], made);
            made = null;
        }

        Chunk chunk = _chunks[number]!;
        chunk.Clear(offset);
        slot = Occupy(index, chunk, offset, owner);
        Order.Release(ref _end, index + 1);
        Order.Fence(); // [C] partner: [B] in GracePeriods/SlotScan.cs; outcomes above at O5.
        return true;
    }

    private Chunk ChunkOf(int index, out int offset) => Order.Acquire(in _chunks[ChunkNumber(index, out offset)])!;

    private static int ChunkNumber(int index, out int offset)
    {
        int number = BitOperations.Log2((uint)(index + FirstChunk)) - FirstChunkLog2;
        offset = index + FirstChunk - (FirstChunk << number);
        return number;
    }

    private sealed class Chunk
    {
        private readonly int _queueBytes;

        public Chunk(int slots, int queueBytes)
        {
            _queueBytes = queueBytes;
            FaultInjection.ThrowIfDue(FaultSite.SlotChunk);
            nuint bytes = (nuint)slots * (nuint)(ReaderSlot.Stride + queueBytes);
            Owners = new SlotOwner?[slots];
            NextReleased = new int[slots];

            // SAFETY: sized for `slots` slots, and as many queues behind them. Each is cleared before its first use.
            Slots = NativeMemory.AlignedAlloc(bytes, Alignment);
        }

        public void* Slots { get; }

        public SlotOwner?[] Owners { get; }

        /// <summary>Behind each released slot, the one released before it.</summary>
        public int[] NextReleased { get; }

        // SAFETY: an offset is below the chunk's length.
        public ReaderSlot* SlotAt(int offset) => (ReaderSlot*)((byte*)Slots + ((nint)offset * ReaderSlot.Stride));

        public byte* QueuesAt(int offset) =>
            (byte*)Slots + ((nint)Owners.Length * ReaderSlot.Stride) + ((nint)offset * _queueBytes);

        public void Free() => NativeMemory.AlignedFree(Slots);

        /// <summary>All-zero is a quiescent slot and an empty queue.</summary>
        public void Clear(int offset)
        {
            NativeMemory.Clear(SlotAt(offset), ReaderSlot.Stride);
            NativeMemory.Clear(QueuesAt(offset), (nuint)_queueBytes);
        }
    }
}
