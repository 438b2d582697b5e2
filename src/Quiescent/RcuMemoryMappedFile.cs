using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Reclamation;
using Quiescent.Resources;

namespace Quiescent;

/// <summary>
/// A whole file mapped for reading, whose mapping can be replaced while it is read: <c>guard.Dereference(file)</c>
/// gives a span over the current file, and <see cref="Replace"/> maps another one; the old mapping is unmapped when no
/// reader can hold it.
/// </summary>
/// <remarks>
/// <para>A reader that wants one file throughout its section dereferences once: each dereference finds the file that is
/// mapped then. Empty files are empty spans. If the object is dropped instead of disposed of, its mappings are closed
/// too; the garbage collector is told how long they are. Closing cannot fail.</para>
/// <para><b>Safety.</b> A file that is truncated while it is mapped makes reads beyond its new end fault, and one that
/// is written in place changes under its readers: write another file, rename it, and replace. It may be deleted while
/// it is mapped on Unix.</para>
/// </remarks>
public sealed unsafe class RcuMemoryMappedFile : IDisposable, IDefersDisposal
{
    private readonly OpenCount _open = new();
    private NativeRegion? _region;
    private NativeRegion? _last; // The one that Dispose has closed, for sections from before.
    private int _gate; // Taken by updaters for a few instructions.

    /// <summary>Maps the file.</summary>
    /// <param name="path">The file. It must not be written to while it is mapped.</param>
    /// <param name="domain">Whose readers use it; null: those of <see cref="Rcu"/>.</param>
    /// <exception cref="IOException">The file is not there, or cannot be opened or mapped.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public RcuMemoryMappedFile(string path, GracePeriodDomain? domain = null)
    {
        Domain = domain ?? Rcu.DefaultDomain;
        Readers = Domain.CreateSectionCheck();
        _region = Map(path);
    }

    /// <summary>The domain whose readers use the file.</summary>
    public GracePeriodDomain Domain { get; }

    /// <summary>The length in bytes of the file that is mapped now.</summary>
    /// <exception cref="ObjectDisposedException">The object is disposed.</exception>
    public long Length => Current().Length;

    /// <summary>How many files are mapped: the one that readers find, and those that wait for readers.</summary>
    public int MappingsOpen => _open.Count;

    internal SectionCheck Readers { get; }

    DomainCore IDefersDisposal.Core => Domain.Core;

    /// <summary>Maps another file, or the same path again, for sections that begin from here on; the previous mapping
    /// is unmapped after a grace period. Takes as long as opening and mapping the file; waits for no reader.</summary>
    /// <exception cref="ObjectDisposedException">The object is disposed.</exception>
    /// <inheritdoc cref="RcuMemoryMappedFile(string, GracePeriodDomain?)" path="/exception"/>
    public void Replace(string path)
    {
        Current();
        NativeRegion region = Map(path);
        if (!TryPublish(region, out NativeRegion? old))
        {
            region.Dispose();
            ObjectDisposedException.ThrowIf(true, this);
        }

        old!.Dispose();
    }

    /// <summary>Unmaps the file when its readers are gone. Until then they may go on dereferencing it; for sections
    /// that begin afterwards it is disposed. A second call does nothing.</summary>
    public void Dispose()
    {
        TryPublish(null, out NativeRegion? old);
        old?.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal NativeRegion Load()
    {
        NativeRegion? region = Order.Acquire(in _region);
        return region ?? LoadLast();
    }

    private NativeRegion Current() =>
        Order.Acquire(in _region) ?? throw new ObjectDisposedException(nameof(RcuMemoryMappedFile));

    // No publication leads to it any more, so its own state decides, as for a safe handle.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private NativeRegion LoadLast()
    {
        NativeRegion last = _last!;
        last.Lifetime.UseUnlinked();
        return last;
    }

    // False: the object is disposed, and stays so.
    private bool TryPublish(NativeRegion? region, out NativeRegion? old)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        old = _region;
        if (old is null)
        {
            return false;
        }

        _last = region is null ? old : null; // Before readers look for it there.
        Order.Release(ref _region, region);
        return true;
    }

    private NativeRegion Map(string path)
    {
        using SafeFileHandle file =
            File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        long length = RandomAccess.GetLength(file);
        if (length == 0)
        {
            _open.Add();
            return NewRegion(null, 0, new EmptyView(_open));
        }

        // The view outlives both the file's handle and the mapping's.
        using MemoryMappedFile mapped = MemoryMappedFile.CreateFromFile(
            file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        MemoryMappedViewAccessor view = mapped.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* address = null;

        // SAFETY: the pointer is given back by MappedView.
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);
        _open.Add();
        MemoryPressure.Add(length);
        return NewRegion(address, length, new MappedView(view, length, _open));
    }

    private NativeRegion NewRegion(byte* address, long length, IReleasable view)
    {
        try
        {
            return new NativeRegion(Domain.Core, address, length, view, isPublished: true);
        }
        catch
        {
            view.Release();
            throw;
        }
    }
}
