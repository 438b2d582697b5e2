using System.Runtime.InteropServices;
using Quiescent.Torture.Blocks;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Subjects;

// A domain under torture: what its readers look at, what its updaters change, and its figures.
internal abstract unsafe class Subject : IDisposable
{
    // Small, so that a run exceeds the backlog limit, and its memory is bounded.
    private const long BacklogLimit = 20_000;

    private readonly GCHandle _self;
    private readonly List<(nint Block, BlockHeap Heap)> _refused = [];
    private readonly bool _isDefault;
    private int _guardedBlocksClaimed;
    private long _deaths;
    private long _abandoned;
    private long _stalls;

    protected Subject(GracePeriodDomain domain, string name, FailureLog failures)
    {
        Domain = domain;
        Name = name;
        Failures = failures;
        _isDefault = domain == Rcu.DefaultDomain;
        _self = GCHandle.Alloc(this);
        Pipe = new AgePipe(Handle, failures);
        Quarantine = new Quarantine(failures);
        if (_isDefault)
        {
            domain.Barrier();
        }

        Pool = new RcuPool<long>(domain, new RcuPoolOptions { SlabBytes = 4096 });
        Start = domain.GetStatistics();
        domain.CallbackFailed += OnCallbackFailed;
        domain.ReaderAbandoned += OnReaderAbandoned;
        domain.Stalled += OnStalled;
    }

    public string Name { get; }

    public GracePeriodDomain Domain { get; }

    public FailureLog Failures { get; }

    /// <summary>The domain's statistics at the start of the torture.</summary>
    public RcuStatistics Start { get; }

    public Tally Tally { get; } = new();

    public AgeHistogram Ages { get; } = new();

    public AgePipe Pipe { get; }

    public Quarantine Quarantine { get; }

    /// <summary>Its blocks go back to renting, and barriers wait for them.</summary>
    public RcuPool<long> Pool { get; }

    public Mailbox Mailbox { get; } = new();

    public GuardedBlock[] GuardedBlocks { get; } = new GuardedBlock[8];

    public Shelf[] Shelves { get; } = [new(BlockHeap.Native), new(BlockHeap.Aligned), new(BlockHeap.Quarantine)];

    /// <summary>A <c>GCHandle</c> of the subject, which a block carries to find it.</summary>
    public nint Handle => GCHandle.ToIntPtr(_self);

    /// <summary>Threads that died inside sections of this domain, on purpose.</summary>
    public long Deaths => Interlocked.Read(ref _deaths);

    /// <summary>Deaths that the domain has reported.</summary>
    public long Abandoned => Interlocked.Read(ref _abandoned);

    public long Stalls => Interlocked.Read(ref _stalls);

    /// <summary>Sections that are counted as open, in a domain that counts them.</summary>
    public virtual long OpenSections => 0;

    /// <summary>What else uses the domain, beside the torture's own updaters, finishes with it here, when no actor is
    /// left.</summary>
    public Action? AtRest { get; set; }

    /// <summary>Further counts, for the closing table.</summary>
    public virtual IEnumerable<(string Name, long Count)> Figures => [];

    public static Subject Of(nint handle) => (Subject)GCHandle.FromIntPtr(handle).Target!;

    /// <summary>How many guarded blocks updaters write to. At least one, so that readers have one to look at.</summary>
    public int GuardedBlocksInUse => Math.Clamp(Volatile.Read(ref _guardedBlocksClaimed), 1, GuardedBlocks.Length);

    /// <summary>The number of a guarded block that is the caller's alone; past the last one if all are taken.</summary>
    public int ClaimGuardedBlock() => Interlocked.Increment(ref _guardedBlocksClaimed) - 1;

    /// <summary>Called by a thread that is about to die inside a section.</summary>
    public void ExpectDeath() => Interlocked.Increment(ref _deaths);

    /// <summary>A block that a disposed domain refused, and that readers may still hold.</summary>
    public void KeepRefused(void* block, BlockHeap heap)
    {
        lock (_refused)
        {
            _refused.Add(((nint)block, heap));
        }
    }

    /// <summary>Called when no reader and no updater is left. Disposes of the domain, unless it is the default
    /// one.</summary>
    public void Dispose()
    {
        if (!_isDefault)
        {
            Domain.Dispose();
        }

        Pool.Dispose();
        Domain.CallbackFailed -= OnCallbackFailed;
        Domain.ReaderAbandoned -= OnReaderAbandoned;
        Domain.Stalled -= OnStalled;
        Array.ForEach(Shelves, shelf => shelf.Clear());
        Mailbox.Clear();
        Quarantine.Dispose();
        // SAFETY: refused, so still the torture's, and no reader is left.
        _refused.ForEach(refused => CheckedBlock.FreeAtOnce((CheckedBlock*)refused.Block, refused.Heap));
        Pipe.Dispose();
        _self.Free();
    }

    protected static RcuDomainOptions Options(string name, TimeSpan? reclaimDelay, TimeSpan? stallTimeout) => new()
    {
        Name = name,
        BacklogLimit = BacklogLimit,
        ReclaimDelay = reclaimDelay ?? TimeSpan.FromMilliseconds(1),
        StallTimeout = stallTimeout ?? TimeSpan.FromSeconds(10),
    };

    private void OnCallbackFailed(object? sender, CallbackFailedEventArgs e) =>
        Failures.Add($"A callback of the domain '{Name}' threw {e.Exception}");

    // Counted before it happens, so that no report is ahead of it.
    private void OnReaderAbandoned(object? sender, ReaderAbandonedEventArgs e)
    {
        if (Interlocked.Increment(ref _abandoned) > Deaths)
        {
            Failures.Add($"Reported as abandoned where no reader died: {e}");
        }
    }

    private void OnStalled(object? sender, StallEventArgs e) => Interlocked.Increment(ref _stalls);
}
