using System.Diagnostics;
using System.Numerics;
using System.Runtime.ConstrainedExecution;
using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Validate;
using static Quiescent.Tuning;

namespace Quiescent.Readers;

// The table of reader slots that a grace period scans. Why it is right:
//
// O5  A slot is in the scanned range before its thread first announces in it. Extend() makes the slot whole, then moves
//     `_end` (release) and fences [C]; only then is the slot's address returned to the thread. The scan reads `_end`
//     after its barrier [B]. Outcomes: the scan sees the new end, and scans the slot. Or it does not; then the store of
//     `_end` came after the scanner's barrier, and everything that the thread reads later (Started, and what it
//     dereferences) is at least as new as what was visible at [B]: the scan need not wait for it. The table only grows,
//     and chunks never move. Only the finalizer frees a chunk's memory. Nobody can use it then:
//       - The domain keeps the table, and each of its methods keeps the domain until its last access to native memory
//         (GC.KeepAlive). So if nothing refers to the domain, no thread is inside one. "Nothing" includes objects whose
//         finalizers have yet to run, or have stored the domain where it can be found: the handle _core, which tracks
//         resurrection, is empty only once none is left.
//       - A guard and a registered reader refer to the slot alone. The finalizer waits until each living thread's slot
//         is quiescent and names no reader. Whatever was open when the collector stopped the threads is visible to the
//         finalizer, and nothing can be opened without the domain. The store that ends a section, or closes the last
//         reader, is its thread's last access to the slot (release; the finalizer acquires).
//       - A sleepable section refers to its ticket alone, which is never freed.
//       - What a thread remembers of its slots it only compares, or asks the owner: ThreadRegistrations.cs.
// O6  Only DeadReaders calls Release(), under the engine's lock, for a thread that is dead, and whose sleepable
//     sections have ended. TryRegisterReleased() hands out slots so released, Extend() new ones. A slot's owner is
//     therefore never mistaken for its next one.
//
// Chunk k holds FirstChunk << k slots, so a scan streams through few contiguous runs and an index maps to its place
// with one bit count. The number of threads is limited by memory alone.
internal sealed unsafe class SlotTable : CriticalFinalizerObject
{
    private const int FirstChunk = 1 << FirstChunkLog2;
    public const int MaxChunks = 32 - FirstChunkLog2 - 1;
    private const nuint Alignment = 128;
    private const int None = -1;

    private static WeakList<SlotTable>? s_all;
    private static int s_hasStrict;
    private static long s_allocated;

    private readonly Chunk?[] _chunks = new Chunk?[MaxChunks];
    private readonly int _queueBytes;
    private readonly IQueueMemory? _queueMemory;
    private WeakHandle _core;
    private readonly bool _isStrict;
    private int _gate;
    private bool _isRetired;
    private int _firstReleased = None; // A list, linked in the chunks.
    private int _end;
    private int _inUse;
    private int _sinceSweep;

    /// <summary>A table whose slots each come with zeroed memory for queues.</summary>
    /// <param name="queueBytes">How much memory that is.</param>
    /// <param name="queueMemory">What the queues own besides; null for nothing.</param>
    /// <param name="fullFence">Readers fence themselves.</param>
    /// <param name="validate">Sections are recorded.</param>
    public SlotTable(int queueBytes, IQueueMemory? queueMemory, bool fullFence, bool validate)
    {
        _queueBytes = queueBytes;
        _queueMemory = queueMemory;
        FullFence = fullFence;
        Validate = validate;

        // SAFETY: freed by the finalizer. Started begins in announced form at sequence 0, and Completed equal to it:
        // nothing is in progress.
        State = (DomainState*)NativeMemory.AlignedAlloc(DomainState.Bytes, Alignment);
        Order.Increment(ref s_allocated);
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

        if (IsNeeded)
        {
            GC.ReRegisterForFinalize(this);
            return;
        }

        try
        {
            if (ValidateSwitch.IsSupported)
            {
                WaitOrder.Forget(Domain);
            }
        }
        catch (OutOfMemoryException)
        {
            GC.ReRegisterForFinalize(this); // It takes no memory, but its first use may.
            return;
        }

        for (int i = 0; i < _end; i++)
        {
            OwnerOf(i)?.MarkFreed();
            if (this[i]->Tickets != null)
            {
                TicketStore.OfProcess.GiveBack(this[i]->Tickets);
            }
        }

        // SAFETY: nobody uses the memory any more, by O5.
        for (int i = 0; i < _end; i++)
        {
            _queueMemory?.FreeOwned(this[i]->Queues);
        }

        _queueMemory?.FreeRest();
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

        _core.Free();
        NativeMemory.AlignedFree(State);
        Order.Add(ref s_allocated, -1);
    }

    /// <summary>How many tables of the process have native memory.</summary>
    public static long Allocated => Order.Acquire(in s_allocated);

    /// <summary>The number of the table's domain; 0 for none.</summary>
    public long Domain { get; private set; }

    /// <summary>The number of the chunk that the slot lies in.</summary>
    public static int ChunkNumber(int index, out int offset)
    {
        int number = BitOperations.Log2((uint)(index + FirstChunk)) - FirstChunkLog2;
        offset = index - FirstOf(number);
        return number;
    }

    /// <summary>How many slots the chunk holds.</summary>
    public static int LengthOf(int chunk) => FirstChunk << chunk;

    /// <summary>The chunk's first slot.</summary>
    public static int FirstOf(int chunk) => LengthOf(chunk) - FirstChunk;

    public DomainState* State { get; }

    public bool Validate { get; }

    /// <summary>Under Validate: whether a thread may block inside a section.</summary>
    public bool MayBlockInSections { get; init; }

    /// <summary>Whether the domain's core is an <see cref="IStrictCore"/>. Set before the table has a slot.</summary>
    public bool IsStrict
    {
        get => _isStrict;
        init
        {
            _isStrict = value;
            if (value)
            {
                Order.Release(ref s_hasStrict, 1);
            }
        }
    }

    /// <summary>Whether the process has had a table with strict grace periods.</summary>
    public static bool HasStrict => Order.Acquire(in s_hasStrict) != 0;

    /// <summary>Readers fence themselves, and grace periods need no process-wide barrier.</summary>
    public bool FullFence { get; }

    /// <summary>Whether a registration that finds no released slot should look for dead threads before it extends the
    /// table: always while that is cheap, then once in so many registrations that each pays for a few slots.</summary>
    public bool IsSweepDue => End <= SlotsSweptEachTime || Order.Acquire(in _sinceSweep) >= End / SweepsPerTable;

    /// <summary>The threads that wait for grace periods.</summary>
    public WaitLine Line { get; } = new();

    /// <summary>The slots whose queues may hold something.</summary>
    public ListedSlots Listed { get; } = new();

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
        return Of(real)?.OwnerOf(real->Index);
    }

    /// <summary>The table of a slot of the current thread.</summary>
    public static SlotTable? Of(ReaderSlot* real) => GCHandle.FromIntPtr(real->State->Table).Target as SlotTable;

    /// <summary>The registrations of the current thread, which the runtime has attached again; null if it has none, or
    /// all of their domains are gone.</summary>
    /// <param name="domain">The number of a domain that it was registered with.</param>
    public static ThreadRegistrations? FindRegistrations(long domain)
    {
        ThreadRegistrations? found = null;
        foreach (SlotTable table in Live.All())
        {
            if ((table.Domain == domain || found is null) && table.RegistrationsOfThisThread() is { } registrations)
            {
                found = registrations;
            }
        }

        return found;
    }

    /// <summary>Under Validate: the table of the domain with this number; null if it is gone. For reports and tests, as
    /// it looks through all domains.</summary>
    public static SlotTable? OfDomain(long domain) => Live.All().Find(table => table.Domain == domain);

    /// <summary>With strict grace periods: an outermost section of this thread has ended. The core stays reachable
    /// meanwhile, and no longer: the table must not keep it.</summary>
    public void AfterSection()
    {
        if (_isStrict && _core.Target is IStrictCore core)
        {
            core.AfterSection();
        }
    }

    /// <summary>Makes the table a domain's: its memory is not freed before the domain's core.</summary>
    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public void BelongTo(object core, long domain)
    {
        _core.Follow(core);
        Domain = domain;
        Live.Add(this);
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
            made = null;
            int number = ChunkNumber(End, out _);
            Listed.EnsureRoom(number);
            made = new Chunk(LengthOf(number), _queueBytes);
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

    private static WeakList<SlotTable> Live => Order.Acquire(in s_all) ?? Once.Keep(ref s_all, new());

    // For the finalizer: whether anybody may still come to the native memory, by O5 above.
    private bool IsNeeded
    {
        get
        {
            if (_core.IsReachable)
            {
                return true;
            }

            for (int i = 0; i < _end; i++)
            {
                if (OwnerOf(i) is { } owner && ReaderHandles.IsAnyOpen(this[i]) && !owner.Life.HasEnded)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private ThreadRegistrations? RegistrationsOfThisThread()
    {
        int end = End;
        for (int i = 0; i < end; i++)
        {
            if (OwnerOf(i) is { Life.IsCurrent: true } owner)
            {
                return owner.Registrations;
            }
        }

        return null;
    }

    // A slot's twin passes for a ticket that is always open: its first word is odd and never changes.
    private static Ticket* NoTicket(ReaderSlot* slot) => (Ticket*)ReaderSlot.TwinOf(slot);

    private ReaderSlot* Occupy(int index, Chunk chunk, int offset, SlotOwner? owner)
    {
        ReaderSlot* slot = chunk.SlotAt(offset);
        Debug.Assert(chunk.Owners[offset] is null, "O6: a slot has one owner at a time.");
        slot->Queues = chunk.QueuesAt(offset);
        slot->ReaderWord = FullFence ? ReaderFlags.FullFence : 0;
        slot->State = State;
        slot->Index = index;
        slot->Ticket = slot->Ticket == null ? NoTicket(slot) : slot->Ticket;
        *ReaderSlot.TwinOf(slot) = new ReaderSlot
        {
            Word = ulong.MaxValue,
            Queues = slot->Queues,
            ReaderWord = ulong.MaxValue,
            State = State,
            Index = index,
            Ticket = NoTicket(slot),
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
            if (made is null || made.Owners.Length != LengthOf(number))
            {
                slot = null;
                return false;
            }

            Order.Release(ref _chunks[number], made);
            made = null;
        }

        Chunk chunk = _chunks[number]!;
        chunk.Clear(offset);
        if (_queueMemory is not null)
        {
            _queueMemory.Prepare(chunk.QueuesAt(offset), index);
        }

        slot = Occupy(index, chunk, offset, owner);
        Order.Release(ref _end, index + 1);
        Order.Fence(); // [C] partner: [B] in GracePeriods/SlotScan.cs; outcomes above at O5.
        return true;
    }

    private Chunk ChunkOf(int index, out int offset) => Order.Acquire(in _chunks[ChunkNumber(index, out offset)])!;

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

// What the queues beside the slots own, which the layers above know. The table keeps it, and its finalizer calls it:
// nothing here throws, or relies on an object that has a finalizer of its own.
internal unsafe interface IQueueMemory
{
    /// <summary>Tells the queues of a slot, still all-zero, which slot they belong to.</summary>
    void Prepare(void* queues, int slot);

    /// <summary>Frees what the queues of one slot own, besides the blocks in them.</summary>
    void FreeOwned(void* queues);

    /// <summary>Frees the rest, after the queues of the last slot.</summary>
    void FreeRest();
}
