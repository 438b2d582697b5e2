using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Reclamation;

namespace Quiescent.Resources;

// Memory outside the GC's heap, from any source, with a lifetime. A reader has only its address, which keeps nothing
// alive. So the memory of a dropped region waits for readers as well, and the lifetime keeps the source that takes it
// back.
internal sealed unsafe class NativeRegion : IDisposable
{
    private readonly Lifetime _lifetime;
    private readonly int _spanLength; // Negative: too long for a span.

    /// <param name="core">The domain whose readers use the memory.</param>
    /// <param name="address">Its first byte.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="source">Takes the memory back at its release.</param>
    /// <param name="isPublished">Whether readers find it through something that is unlinked before it is disposed
    /// of.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for its lifetime; the region's memory is still the
    /// caller's.</exception>
    public NativeRegion(DomainCore core, void* address, long length, IReleasable source, bool isPublished)
    {
        Address = (byte*)address;
        Length = length;
        _spanLength = length <= int.MaxValue ? (int)length : -1;
        _lifetime = new Lifetime(core, source, isPublished, length);
    }

    ~NativeRegion() => _lifetime?.Close(isFinalizing: true); // Null: the constructor found no memory for it.

    public byte* Address { get; }

    public long Length { get; }

    public Lifetime Lifetime => _lifetime;

    /// <summary>All its bytes, for use inside the section in which the region was found.</summary>
    /// <exception cref="OverflowException">It is longer than a span can be.</exception>
    public ReadOnlySpan<byte> Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            int length = _spanLength;
            if (length < 0)
            {
                ThrowTooLong();
            }

            // SAFETY: a region found inside a section stays until the section's end, by O1 (announced before read) and
            // O2 (read before ended); it has this many bytes.
            return MemoryMarshal.CreateReadOnlySpan(ref *Address, length);
        }
    }

    /// <summary>A part of its bytes, for use inside the same section.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie in the region.</exception>
    public ReadOnlySpan<byte> Part(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)offset, (ulong)Length, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)(uint)length, (ulong)(Length - offset), nameof(length));

        // SAFETY: as above.
        return new ReadOnlySpan<byte>(Address + offset, length);
    }

    /// <summary>The memory as bytes that may be held across an await; the public face makes it on the first
    /// request.</summary>
    public MemoryManager<byte>? View { get; set; }

    /// <summary>Closes the region; its memory is released when its readers are gone.</summary>
    public void Dispose()
    {
        _lifetime.Close();
        GC.SuppressFinalize(this);
    }

    [DoesNotReturn]
    private static void ThrowTooLong() =>
        throw new OverflowException("The file is longer than a span can be. Ask for a part of it.");
}
