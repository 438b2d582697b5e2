using Quiescent.Collections.Index;
using Quiescent.Ordering;

namespace Quiescent.Collections.Blobs;

// Where the entries of an RcuBlobDictionary lie: a pool for each size class, made when its first block is needed, and
// large blocks one by one.
internal sealed unsafe class BlobStore(RcuDomain domain, RcuCollectionOptions options) : IEntryMemory
{
    private readonly RcuPool<byte>?[] _pools = new RcuPool<byte>?[SizeClasses.Count];
    private readonly StripedCount _bytes = new();
    private IndexMemory? _memory;
    private LargeBlock* _large;
    private long _largeBytes;
    private int _lock;
    private int _lastFreed; // The class that some thread freed into last: a hint.

    /// <summary>The bytes of all blocks that entries of the map take.</summary>
    public long BytesInUse => _bytes.Sum;

    /// <summary>Bytes that the entries have from the system.</summary>
    public long Bytes
    {
        get
        {
            long bytes = Order.Acquire(in _largeBytes);
            for (int i = 0; i < SizeClasses.Count; i++)
            {
                bytes += Order.Acquire(in _pools[i])?.GetStatistics().SlabBytes ?? 0;
            }

            return bytes;
        }
    }

    /// <summary>How many blocks are out, in all classes.</summary>
    public long CountOut()
    {
        long count = 0;
        for (int i = 0; i < SizeClasses.Count; i++)
        {
            count += Order.Acquire(in _pools[i])?.GetStatistics().BlocksOut ?? 0;
        }

        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        for (LargeBlock* block = _large; block != null; block = LargeBlock.NextOf(block))
        {
            count++;
        }

        return count;
    }

    /// <summary>Called once, before anything else.</summary>
    public void Begin(IndexMemory memory) => _memory = memory;

    /// <summary>A block for an entry, with its lengths; its hash, key and value are the caller's to write.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public BlobEntry* Rent(int keyLength, int valueLength)
    {
        nuint bytes = BlobEntry.BytesOf(keyLength, valueLength);
        BlobEntry* entry = bytes > SizeClasses.LargestBytes
            ? RentLarge(bytes)
            : (BlobEntry*)PoolOf(SizeClasses.ClassOf(bytes)).Rent();
        entry->KeyLength = keyLength;
        entry->ValueLength = valueLength;
        return entry;
    }

    /// <summary>Takes back a block that is not in the map and never was. Cannot fail.</summary>
    public void Return(BlobEntry* entry)
    {
        nuint bytes = BlobEntry.BytesOf(entry);
        if (bytes > SizeClasses.LargestBytes)
        {
            UnlinkLarge(LargeBlock.Of(entry));
            LargeBlock.Release(LargeBlock.Of(entry));
        }
        else
        {
            try
            {
                PoolOf(SizeClasses.ClassOf(bytes)).FreeNow((byte*)entry);
            }
            catch (OutOfMemoryException)
            {
                // Validate has no memory to record it. The entry ends with the map.
            }
        }
    }

    /// <summary>Counts an entry that is in the map now, or not any more.</summary>
    public void Count(BlobEntry* entry, bool isAdded)
    {
        nuint bytes = BlobEntry.BytesOf(entry);
        long taken = bytes > SizeClasses.LargestBytes
            ? (long)LargeBlock.BytesOf(LargeBlock.Of(entry))
            : (long)SizeClasses.BytesOf(SizeClasses.ClassOf(bytes));
        _bytes.Add(isAdded ? taken : -taken);
    }

    /// <inheritdoc/>
    public void PrepareFree(void* entry)
    {
        nuint bytes = BlobEntry.BytesOf((BlobEntry*)entry);
        if (bytes <= SizeClasses.LargestBytes)
        {
            PoolOf(SizeClasses.ClassOf(bytes)).PrepareFree();
        }
    }

    /// <inheritdoc/>
    public void Free(void* entry)
    {
        Count((BlobEntry*)entry, isAdded: false);
        nuint bytes = BlobEntry.BytesOf((BlobEntry*)entry);
        if (bytes > SizeClasses.LargestBytes)
        {
            LargeBlock* block = LargeBlock.Of((BlobEntry*)entry);
            UnlinkLarge(block);
            if (!LargeBlock.TryReleaseAfterReaders(block, _memory!))
            {
                LinkLarge(block); // It ends with the map.
            }

            return;
        }

        int sizeClass = SizeClasses.ClassOf(bytes);
        Order.Release(ref _lastFreed, sizeClass);
        try
        {
            PoolOf(sizeClass).Free((byte*)entry);
        }
        catch (Exception e) when (e is ObjectDisposedException or OutOfMemoryException)
        {
            // The domain is disposed, or Validate has no memory to record it. The entry ends with the map.
        }
    }

    /// <inheritdoc/>
    public void ApplyBackPressure() => Order.Acquire(in _pools[Order.Acquire(in _lastFreed)])?.PrepareFree();

    /// <summary>Pauses the thread, outside sections, for a block of so many bytes that it has freed. Never
    /// fails.</summary>
    public void PayFor(nuint bytes)
    {
        if (bytes > SizeClasses.LargestBytes)
        {
            domain.Core.BackPressure.ApplyToHeld((long)bytes);
            return;
        }

        try
        {
            PoolOf(SizeClasses.ClassOf(bytes)).PrepareFree();
        }
        catch (Exception e) when (e is OutOfMemoryException or RcuBacklogException or ObjectDisposedException)
        {
            // The update has been made. The next one that frees such a block fails before it changes anything.
        }
    }

    /// <inheritdoc/>
    public void Discard()
    {
        using (TryLock.Hold(ref _lock))
        {
            LargeBlock.ReleaseAll(_large);
            _large = null;
            _largeBytes = 0;
        }

        for (int i = 0; i < SizeClasses.Count; i++)
        {
            _pools[i]?.Discard();
        }
    }

    private RcuPool<byte> PoolOf(int sizeClass) =>
        Order.Acquire(in _pools[sizeClass])
            ?? Once.Keep(
                ref _pools[sizeClass],
                new RcuPool<byte>(
                    domain,
                    SizeClasses.BytesOf(sizeClass),
                    new RcuPoolOptions
                    {
                        Name = $"{options.Name}, {SizeClasses.BytesOf(sizeClass)} bytes",
                        Alignment = 16,
                        SlabBytes = options.HugePages ? 2 * 1024 * 1024 : 64 * 1024,
                    }));

    private BlobEntry* RentLarge(nuint bytes)
    {
        LargeBlock* block = LargeBlock.Allocate(_memory!.Handle, bytes);
        LinkLarge(block);
        return LargeBlock.EntryOf(block);
    }

    private void LinkLarge(LargeBlock* block)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        LargeBlock.Link(ref _large, block);
        _largeBytes += (long)LargeBlock.BytesOf(block);
    }

    private void UnlinkLarge(LargeBlock* block)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        LargeBlock.Unlink(ref _large, block);
        _largeBytes -= (long)LargeBlock.BytesOf(block);
    }
}
