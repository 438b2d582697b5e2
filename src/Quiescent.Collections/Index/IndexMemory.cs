using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Queues;

namespace Quiescent.Collections.Index;

// The memory of an index, and how it is given back: buckets and segments one by one while the map lives, all of it at
// once after the map's end.
//
// Blocks go out of the pools and come back inside sections of the domain in which the directory was found first, or in
// callbacks behind a grace period, or between Enter and Leave. So when a grace period has passed since the directory's
// end, no block moves any more. What the segments that were emptied before wait
// for may be later than that; the last one to come home ends the pools.
//
// C8 (books)  A segment that is emptied takes its further buckets home with it: after its grace period, in a callback
//     that needs no memory.
[SuppressMessage("Design", "CA1001", Justification = "The pools are discarded, not disposed of.")]
internal sealed unsafe class IndexMemory
{
    private const int SmallSlab = 256 * 1024;
    private const int LargeSlab = 2 * 1024 * 1024;
    private const long LargeCapacity = 1_000_000;

    private readonly RcuDomain _domain;
    private readonly IEntryMemory _entries;
    private readonly RcuPool<Bucket> _buckets;
    private readonly RcuPool<Segment> _segments;
    private readonly RcuHead* _end;
    private readonly GCHandle _handle;
    private ulong _directory;
    private RcuHead* _late; // Directories that a disposed domain did not take.
    private int _lateLock;
    private long _users = 1; // The map, and all that outlives a section: see Enter.

    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public IndexMemory(RcuDomain domain, RcuCollectionOptions options, IEntryMemory entries)
    {
        _domain = domain;
        _entries = entries;
        _buckets = new RcuPool<Bucket>(
            domain, new RcuPoolOptions { Name = $"{options.Name}, overflow buckets", Alignment = Bucket.Bytes });
        _segments = new RcuPool<Segment>(
            domain,
            new RcuPoolOptions
            {
                Name = $"{options.Name}, segments",
                Alignment = Bucket.Bytes,
                SlabBytes = options.Capacity > LargeCapacity || options.HugePages ? LargeSlab : SmallSlab,
            });
        _end = ManagedCallback.CreateHead(new MapEnd(this));
        try
        {
            _handle = GCHandle.Alloc(this);
        }
        catch
        {
            ManagedCallback.Discard(_end);
            throw;
        }
    }

    public RcuDomain Domain => _domain;

    public IEntryMemory Entries => _entries;

    /// <summary>The handle of this object, for blocks that find their way home by it. Valid between Enter and
    /// Leave.</summary>
    public nint Handle => GCHandle.ToIntPtr(_handle);

    /// <summary>Bytes that the index has from the system, except for its directory.</summary>
    public long Bytes => _buckets.GetStatistics().SlabBytes + _segments.GetStatistics().SlabBytes;

    /// <summary>How many buckets and segments are out of their pools.</summary>
    public (long Buckets, long Segments) CountOut() =>
        (_buckets.GetStatistics().BlocksOut, _segments.GetStatistics().BlocksOut);

    /// <summary>An empty bucket.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public Bucket* RentBucket()
    {
        Bucket* bucket = _buckets.Rent();
        NativeMemory.Clear(bucket, Bucket.Bytes);
        return bucket;
    }

    /// <summary>Takes back a bucket that no reader sees; null is ignored. Cannot fail: if Validate has no memory to
    /// record it, the bucket stays out until the map's end.</summary>
    public void ReturnBucket(Bucket* bucket)
    {
        if (bucket == null)
        {
            return;
        }

        try
        {
            _buckets.FreeNow(bucket);
        }
        catch (OutOfMemoryException)
        {
            // See above.
        }
    }

    /// <summary>An empty segment.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public Segment* RentSegment(ulong first, int depth)
    {
        Segment* segment = _segments.Rent();
        NativeMemory.Clear(segment, (nuint)sizeof(Segment));
        segment->Memory = GCHandle.ToIntPtr(_handle);
        segment->First = first;
        segment->Depth = depth;
        return segment;
    }

    /// <summary>Takes back a segment that no reader has seen.</summary>
    public void ReturnSegment(Segment* segment)
    {
        try
        {
            _segments.FreeNow(segment);
        }
        catch (OutOfMemoryException)
        {
            // As in ReturnBucket.
        }
    }

    /// <summary>Takes back a segment that no directory names any more, with all of its buckets, after a grace
    /// period.</summary>
    public void Retire(Segment* segment)
    {
        Enter();
        try
        {
            _domain.Call(&segment->Head, &TakeHome);
        }
        catch (ObjectDisposedException)
        {
            Leave(); // The domain is disposed. The map's end frees the segment.
        }
    }

    /// <summary>Frees everything after a grace period. Called once; cannot fail.</summary>
    /// <param name="directory">What the directory's end returned.</param>
    /// <param name="isFinalizing">Whether this is the finalizer's thread, which must neither register nor wait.</param>
    public void End(ulong directory, bool isFinalizing)
    {
        _directory = directory;
        _domain.Core.QueueRelease(_end, isFinalizing);
    }

    /// <summary>Frees a directory that was replaced, after a grace period. Cannot fail.</summary>
    /// <param name="head">Its beginning.</param>
    public void FreeDirectory(RcuHead* head)
    {
        try
        {
            _domain.Free<AlignedNativeHeap>(head, head);
        }
        catch (ObjectDisposedException)
        {
            // The domain is disposed. It ends with the map.
            using TryLock.Holder holder = TryLock.Hold(ref _lateLock);
            head->Next = _late;
            _late = head;
        }
    }

    private static void TakeHome(RcuHead* head)
    {
        Segment* segment = Segment.OfHead(head);
        IndexMemory memory = (IndexMemory)GCHandle.FromIntPtr(segment->Memory).Target!;
        for (int i = 0; i < Segment.Buckets; i++)
        {
            memory.ReturnChain(Segment.BucketAt(segment, i));
        }

        memory.ReturnSegment(segment);
        memory.Leave();
    }

    /// <summary>Takes back what follows the first bucket of a chain that no reader sees.</summary>
    public void ReturnChain(Bucket* first)
    {
        Bucket* bucket = Bucket.NextOf(first);
        while (bucket != null)
        {
            Bucket* next = Bucket.NextOf(bucket);
            ReturnBucket(bucket);
            bucket = next;
        }
    }

    /// <summary>Keeps the memory beyond the section that the caller is in, until <see cref="Leave"/>.</summary>
    public void Enter() => Order.Increment(ref _users);

    /// <summary>Ends what <see cref="Enter"/> began. The last one gives everything back.</summary>
    public void Leave()
    {
        if (Order.Add(ref _users, -1) != 0)
        {
            return;
        }

        _buckets.Discard();
        _segments.Discard();
        _entries.Discard();
        SegmentDirectory.Release(_directory);
        while (_late != null)
        {
            RcuHead* late = _late;
            _late = late->Next;
            NativeMemory.AlignedFree(late);
        }

        _handle.Free();
    }

    // Runs after the grace period of the map's end.
    private sealed class MapEnd(IndexMemory memory) : ManagedCallback
    {
        public override string Name => "the end of a map";

        protected override void Run() => memory.Leave();
    }
}

// Where the entries of a map lie. PrepareFree and Free are called inside a section.
internal unsafe interface IEntryMemory
{
    /// <summary>Makes sure that the entry can be freed: past the publication of another in its place nothing may
    /// fail.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory to queue it.</exception>
    /// <exception cref="RcuBacklogException">Too much waits, under <see cref="BacklogPolicy.Throw"/>.</exception>
    void PrepareFree(void* entry);

    /// <summary>Frees an entry that has been taken out of the map, after a grace period. Never fails.</summary>
    void Free(void* entry);

    /// <summary>Pauses the thread if the domain's policy asks for it. Called outside sections, between two updates;
    /// fails as <see cref="PrepareFree"/> does.</summary>
    void ApplyBackPressure();

    /// <summary>Gives all of it back, with the entries in it, once what was freed before has come home. No thread uses
    /// an entry any more, or ever will.</summary>
    void Discard();
}
