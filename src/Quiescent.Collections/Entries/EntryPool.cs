using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Collections.Index;

namespace Quiescent.Collections.Entries;

// Where entries of one size lie. Refers to nothing of the map, which must not keep itself.
[SuppressMessage("Design", "CA1001", Justification = "The pool is discarded, not disposed of.")]
internal sealed unsafe class EntryPool<TEntry>(RcuDomain domain, RcuCollectionOptions options) : IEntryMemory
    where TEntry : unmanaged
{
    private readonly RcuPool<TEntry> _pool = new(
        domain,
        new RcuPoolOptions
        {
            Name = $"{options.Name}, entries",
            Alignment = sizeof(ulong),
            SlabBytes = options.HugePages ? 2 * 1024 * 1024 : 64 * 1024,
        });

    /// <summary>The pool's figures.</summary>
    public RcuPoolStatistics GetStatistics() => _pool.GetStatistics();

    /// <summary>A block for an entry.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TEntry* Rent() => _pool.Rent();

    /// <summary>Takes back an entry that is not in the map and never was. Cannot fail.</summary>
    public void Return(TEntry* entry)
    {
        try
        {
            _pool.FreeNow(entry);
        }
        catch (OutOfMemoryException)
        {
            // Validate has no memory to record it. The entry ends with the map.
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrepareFree(void* entry) => _pool.PrepareFree();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ApplyBackPressure() => _pool.PrepareFree();

    /// <inheritdoc/>
    public void Free(void* entry)
    {
        if (entry == null)
        {
            return;
        }

        try
        {
            _pool.Free((TEntry*)entry);
        }
        catch (Exception e) when (e is ObjectDisposedException or OutOfMemoryException)
        {
            // The domain is disposed, or Validate has no memory to record it. The entry ends with the map.
        }
    }

    /// <inheritdoc/>
    public void Discard() => _pool.Discard();
}
