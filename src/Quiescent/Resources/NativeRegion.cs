using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Reclamation;

namespace Quiescent.Resources;

// Memory outside the GC's heap, from somewhere, with a lifetime. What a reader has of it is an address, which keeps
// nothing alive: so the finalizer of a region that was dropped waits for readers as well, and what is released is kept
// by the lifetime.
internal sealed unsafe class NativeRegion : IDisposable
{
    private readonly Lifetime _lifetime;
    private readonly int _spanLength; // Negative: too long for a span.

    /// <param name="core">Whose readers use it.</param>
    /// <param name="address">Its first byte.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="source">Where it goes back to.</param>
    /// <param name="isPublished">Whether readers find it through something that is unlinked before it is disposed
    /// of.</param>
    /// <exception cref="OutOfMemoryException">There is no memory to note it; the memory is still the
    /// caller's.</exception>
    public NativeRegion(DomainCore core, void* address, long length, IReleasable source, bool isPublished)
    {
        Address = (byte*)address;
        Length = length;
        _spanLength = length <= int.MaxValue ? (int)length : -1;
        _lifetime = new Lifetime(core, source, isPublished);
    }

    ~NativeRegion() => _lifetime?.Close(isFinalizing: true); // Null: there was no memory for it.

    public byte* Address { get; }

    public long Length { get; }

    public Lifetime Lifetime => _lifetime;

    /// <summary>All of it, inside a section in which it was found.</summary>
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

            // SAFETY: a region found inside a section stays until its end (O1, O2); it has this many bytes.
            return MemoryMarshal.CreateReadOnlySpan(ref *Address, length);
        }
    }

    /// <summary>A part of it, likewise.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not in the region.</exception>
    public ReadOnlySpan<byte> Part(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)offset, (ulong)Length, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)(uint)length, (ulong)(Length - offset), nameof(length));

        // SAFETY: as above.
        return new ReadOnlySpan<byte>(Address + offset, length);
    }

    /// <summary>As bytes that may be held across an await; the face makes it when it is first asked for.</summary>
    public MemoryManager<byte>? View { get; set; }

    /// <summary>Closes it; it is released when its readers are gone.</summary>
    public void Dispose()
    {
        _lifetime.Close();
        GC.SuppressFinalize(this);
    }

    [DoesNotReturn]
    private static void ThrowTooLong() =>
        throw new OverflowException("The file is longer than a span can be: ask for a part of it.");
}
