using System.Runtime.InteropServices;

namespace Quiescent;

/// <summary>
/// Frees blocks of one kind of memory. Implement it with a struct and name it as the type argument of
/// <see cref="Rcu.Free{TDeallocator}(void*)"/>.
/// </summary>
/// <remarks>
/// All implementations except <see cref="NativeHeap"/> and <see cref="AlignedNativeHeap"/> are user code: they run on
/// the domain's reclaimer alone, may call what a callback may (<see cref="GracePeriodDomain.Call(Action)"/>), and count
/// as callbacks for <see cref="Rcu.BarrierCallbacks"/>. If one throws, <see cref="GracePeriodDomain.CallbackFailed"/>
/// reports it.
/// </remarks>
public interface INativeDeallocator
{
    /// <summary>Frees one block, after its grace period.</summary>
    /// <param name="block">A block from the matching allocator.</param>
    static abstract unsafe void Free(void* block);
}

/// <summary>The partner of <see cref="NativeMemory.Alloc(nuint)"/>: <c>malloc</c>'s heap. The default.</summary>
public struct NativeHeap : INativeDeallocator
{
    /// <inheritdoc/>
    /// <param name="block">A block from the matching allocator.</param>
    public static unsafe void Free(void* block) => NativeMemory.Free(block);
}

/// <summary>The partner of <see cref="NativeMemory.AlignedAlloc(nuint, nuint)"/>.</summary>
public struct AlignedNativeHeap : INativeDeallocator
{
    /// <inheritdoc/>
    /// <param name="block">A block from the matching allocator.</param>
    public static unsafe void Free(void* block) => NativeMemory.AlignedFree(block);
}
