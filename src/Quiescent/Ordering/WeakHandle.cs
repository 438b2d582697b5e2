using System.Runtime.InteropServices;

namespace Quiescent.Ordering;

// Follows an object without keeping it, until nothing can reach the object any more: no code, and no finalizer that has
// yet to run. A finalizer of the program may store what it refers to where code finds it again. A short weak reference
// is empty by then, though the object lives on. For finalizers, which free memory that such an object still uses.
internal struct WeakHandle
{
    private GCHandle _handle;

    /// <summary>Whether anything can still reach the object; false where there is none.</summary>
    public readonly bool IsReachable => Target is not null;

    /// <summary>The object; null where nothing can reach it any more.</summary>
    public readonly object? Target => _handle.IsAllocated ? _handle.Target : null;

    /// <exception cref="OutOfMemoryException">There is no memory for the handle.</exception>
    public void Follow(object target) => _handle = GCHandle.Alloc(target, GCHandleType.WeakTrackResurrection);

    public void Free()
    {
        if (_handle.IsAllocated)
        {
            _handle.Free();
        }
    }
}
