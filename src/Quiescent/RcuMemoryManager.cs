using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Reclamation;
using Quiescent.Resources;

namespace Quiescent;

/// <summary>
/// Native memory that is freed after its readers: as a span through <c>guard.Dereference(memory)</c>, and as
/// <see cref="MemoryManager{T}.Memory"/>, which may be held across <c>await</c> inside a section of an <see
/// cref="SrcuDomain"/>. Publish and replace it through an <see cref="RcuReference{T}"/>.
/// </summary>
/// <remarks>
/// <para>Disposing closes it for sections that begin afterwards; those that began before use it to their end. The
/// memory is freed after a grace period, at most two, and when the last pin (<see cref="Pin"/>) is gone. It is also
/// freed when it is dropped instead of disposed of; the garbage collector is told of the memory that this class
/// allocates. Closing cannot fail; after the domain's disposal the thread pool
/// waits for the readers.</para>
/// <para><b>Safety.</b> A <see cref="Memory{T}"/> and the spans made from it protect nothing by themselves: use them
/// inside a section of the domain, in which the memory was not yet closed or was found through what is published. Using
/// the memory after it is closed, outside of a section, throws an <see cref="ObjectDisposedException"/> where the
/// library sees it; it does not see the use of a span that was kept.</para>
/// </remarks>
/// <typeparam name="T">What the memory holds.</typeparam>
public sealed unsafe class RcuMemoryManager<T> : MemoryManager<T>, IDefersDisposal
    where T : unmanaged
{
    private readonly NativeRegion _region;
    private readonly int _length;

    /// <summary>Allocates zeroed native memory, for readers of <see cref="Rcu"/>.</summary>
    /// <param name="length">How many elements, 0 or more.</param>
    /// <inheritdoc cref="RcuMemoryManager{T}(int, GracePeriodDomain)" path="/exception"/>
    public RcuMemoryManager(int length)
        : this(length, domain: null)
    {
    }

    /// <summary>Allocates zeroed native memory.</summary>
    /// <param name="length">How many elements, 0 or more.</param>
    /// <param name="domain">Whose readers use it; null: those of <see cref="Rcu"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="OutOfMemoryException">There is not that much memory.</exception>
    public RcuMemoryManager(int length, GracePeriodDomain? domain)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Domain = domain ?? Rcu.DefaultDomain;

        // SAFETY: freed by the region, or here if that cannot be made.
        long bytes = checked((long)length * sizeof(T));
        void* block = NativeMemory.AllocZeroed((nuint)bytes);
        MemoryPressure.Add(bytes);
        try
        {
            _region = new NativeRegion(Domain.Core, block, bytes, new HeapBlock(block, bytes), isPublished: false);
        }
        catch
        {
            NativeMemory.Free(block);
            MemoryPressure.Remove(bytes);
            throw;
        }

        _length = length;
        Readers = Domain.CreateSectionCheck();
    }

    /// <summary>Takes over memory from elsewhere.</summary>
    /// <param name="memory">Its first element.</param>
    /// <param name="length">How many elements, 0 or more.</param>
    /// <param name="owner">Disposed of once, when the memory may be freed; null: nothing happens then. If the owner
    /// refers to this object, dropping the object does not free the memory.</param>
    /// <param name="domain">Whose readers use it; null: those of <see cref="Rcu"/>.</param>
    /// <exception cref="ArgumentNullException">The memory is null, and the length is not 0.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory to take it over; it is still the caller's.</exception>
    /// <remarks><b>Safety.</b> The memory must have this length, and stay valid until the owner is disposed
    /// of.</remarks>
    public RcuMemoryManager(T* memory, int length, IDisposable? owner, GracePeriodDomain? domain)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length != 0)
        {
            ArgumentNullException.ThrowIfNull(memory);
        }

        Domain = domain ?? Rcu.DefaultDomain;
        long bytes = (long)length * sizeof(T);
        _region = new NativeRegion(Domain.Core, memory, bytes, new OwnedMemory(owner), isPublished: false);
        _length = length;
        Readers = Domain.CreateSectionCheck();
    }

    /// <summary>The region's first bytes, as many as an int can count.</summary>
    internal RcuMemoryManager(GracePeriodDomain domain, NativeRegion region)
    {
        Domain = domain;
        _region = region;
        _length = (int)Math.Min(region.Length / sizeof(T), int.MaxValue);
        Readers = Domain.CreateSectionCheck();
    }

    /// <summary>The domain whose readers use the memory.</summary>
    public GracePeriodDomain Domain { get; }

    internal SectionCheck Readers { get; }

    DomainCore IDefersDisposal.Core => Domain.Core;

    /// <summary>The memory: for its readers inside a section, and for the code that fills it before it is
    /// published.</summary>
    /// <returns>The memory.</returns>
    /// <exception cref="ObjectDisposedException">It was closed before the section began.</exception>
    /// <inheritdoc cref="RcuMemoryManager{T}" path="/remarks"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public override Span<T> GetSpan()
    {
        _region.Lifetime.Use();

        // SAFETY: the region has this many bytes, and keeps them until this section has ended (L1).
        return new Span<T>(_region.Address, _length);
    }

    /// <summary>Keeps the memory until <see cref="Unpin"/>, whatever its readers do. Does not allocate.</summary>
    /// <param name="elementIndex">The first element that the handle points to.</param>
    /// <returns>A handle that keeps the memory until it is disposed of.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside of the memory.</exception>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length, nameof(elementIndex));
        _region.Lifetime.Hold();
        return new MemoryHandle((T*)_region.Address + elementIndex, default, this);
    }

    /// <summary>Ends a <see cref="Pin"/>.</summary>
    /// <exception cref="InvalidOperationException">It is not pinned. Nothing has changed.</exception>
    public override void Unpin() => _region.Lifetime.Unhold();

    /// <summary>Closes the memory; it is freed when its readers are gone. A second call does nothing.</summary>
    /// <param name="disposing">False on the finalizer thread.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _region.Dispose();
        }
    }
}
