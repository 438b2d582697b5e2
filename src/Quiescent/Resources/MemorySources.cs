using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Ordering;

namespace Quiescent.Resources;

// A block of the native heap. The garbage collector has been told of its bytes.
internal sealed unsafe class HeapBlock(void* block, long bytes) : IReleasable
{
    public string ReleaseName => "NativeMemory.Free";

    public void Release()
    {
        NativeMemory.Free(block);
        MemoryPressure.Remove(bytes);
    }
}

// Memory that its owner takes back when the owner is disposed of.
internal sealed class OwnedMemory(IDisposable? owner) : IReleasable
{
    public string ReleaseName => owner is null ? "nothing" : $"{owner.GetType()}.{nameof(IDisposable.Dispose)}";

    public void Release() => owner?.Dispose();
}

// A view of a mapped file. The view's acquired pointer keeps it, so that its own finalizer cannot unmap it. The garbage
// collector has been told of its bytes.
internal sealed class MappedView(MemoryMappedViewAccessor view, long bytes, OpenCount open) : IReleasable
{
    public string ReleaseName => "the unmapping of a file";

    public void Release()
    {
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        MemoryPressure.Remove(bytes);
        open.Remove();
    }
}

// An empty file, which cannot be mapped.
internal sealed class EmptyView(OpenCount open) : IReleasable
{
    public string ReleaseName => "nothing";

    public void Release() => open.Remove();
}

// How many views one RcuMemoryMappedFile has open.
internal sealed class OpenCount
{
    private int _count;

    public int Count => Order.Acquire(in _count);

    public void Add() => Order.Add(ref _count, 1);

    public void Remove() => Order.Add(ref _count, -1);
}
