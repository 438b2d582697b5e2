using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.GracePeriods;
using Quiescent.Queues;
using Quiescent.Readers;

namespace Quiescent.Codegen.Probes;

// Everything that the probes need, and a call of each.
internal sealed unsafe class Probes : IDisposable
{
    /// <summary>The methods whose code is read. The library's own that are not inlined stand for themselves.</summary>
    public static readonly IReadOnlyCollection<string> Methods =
    [
        "Probe.DefaultSection",
        "Probe.DomainSection",
        "Probe.HandleSection",
        "Probe.OnlineSection",
        "Probe.SleepableSection",
        "Probe.LockRead",
        "Probe.LockReadAsync",
        "Probe.QuiescentState",
        "Probe.OnlineQuiescentState",
        "Probe.Publish",
        "Probe.FreeBlock",
        "Probe.FreeHead",
        "GracePeriodEngine.NextTarget",
        "PageQueue.Extend",
    ];

    private readonly RcuDomain _domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });
    private readonly SrcuDomain _sleepable = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });
    private readonly RcuReaderWriterLock _lock;
    private readonly RcuAsyncReaderWriterLock _asyncLock;
    private readonly SlotTable _slots = new(0, queueMemory: null, fullFence: false, validate: false);
    private readonly GracePeriodEngine _engine;
    private readonly QueueContext _context;
    private readonly Shelf* _shelf = Allocate<Shelf>();
    private readonly Block* _block = Allocate<Block>();
    private readonly PageQueue* _queue = Allocate<PageQueue>();

    private readonly Page* _page = (Page*)NativeMemory.AlignedAlloc(Page.Bytes, Page.Bytes);

    public Probes()
    {
        _lock = new RcuReaderWriterLock(_domain);
        _asyncLock = new RcuAsyncReaderWriterLock(_sleepable);
        _engine = GracePeriodEngine.OverSlots(_slots);
        _context = new QueueContext(
            _engine, new PagePool(), ledger: null, Page.Entries, new WaitingBytes(long.MaxValue));
    }

    // Not optimized, as it would have the library's own methods inlined.
    [MethodImpl(MethodImplOptions.NoOptimization | MethodImplOptions.NoInlining)]
    public void RunAll()
    {
        Probe.Publish(_shelf, _block);
        _shelf->SecondPointer.Assign(_block);
        Probe.DefaultSection(_shelf);
        Probe.DomainSection(_domain, _shelf);
        Probe.SleepableSection(_sleepable, _shelf);
        Probe.LockRead(_lock, _shelf);
        Probe.LockReadAsync(_asyncLock).AsTask().GetAwaiter().GetResult().Dispose();
        using (RcuReader reader = _domain.RegisterReader())
        {
            Probe.HandleSection(reader, _shelf);
            reader.GoOnline();
            Probe.QuiescentState(reader, _shelf);
        }

        using (OnlineReader reader = _domain.RegisterOnlineReader())
        {
            Probe.OnlineSection(reader, _shelf);
            Probe.OnlineQuiescentState(reader, _shelf);
        }

        // SAFETY: new blocks, handed over; the slot is this thread's.
        Probe.FreeBlock(Allocate<Block>());
        Probe.FreeHead(_domain, ThreadRegistrations.Find(Number(_domain)), Allocate<Block>());
        _engine.NextTarget();
        _queue->Extend(_context, _page);
    }

    public void Dispose()
    {
        _lock.Dispose();
        _asyncLock.Dispose();
        _domain.Dispose();
        _sleepable.Dispose();
        NativeMemory.AlignedFree(_page);
        NativeMemory.Free(_queue);
        NativeMemory.Free(_block);
        NativeMemory.Free(_shelf);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_id")]
    private static extern ref readonly long Number(GracePeriodDomain domain);

    private static T* Allocate<T>()
        where T : unmanaged => (T*)NativeMemory.AllocZeroed((nuint)sizeof(T));
}
