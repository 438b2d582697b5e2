using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Memory;

// How many bytes of a block of a built-in deallocator may be written. The answer comes from the allocator that the
// process really has: one that is loaded ahead of the C library's brings its own.
internal static unsafe class BlockSize
{
    private const nint Missing = -1;

    // The allocator's function, or Missing; 0 before it is looked for. Not in a type initializer, which would fail for
    // ever if memory ran out in it.
    private static nint s_usableSize;

    /// <summary>Whether asking costs no more than a few nanoseconds, as was measured on Linux.</summary>
    public static bool IsCheap => OperatingSystem.IsLinux();

    /// <summary>The usable size of a block in bytes; 0 if it is unknown.</summary>
    public static nuint Of(int channel, void* block)
    {
        // SAFETY: the block is live, and the channel names the allocator that it came from. On Windows, aligned blocks
        // are of a kind of their own.
        nint function = Order.Acquire(in s_usableSize);
        bool isKnown = function != Missing
            && (channel == Deallocators.NativeHeap
                || (channel == Deallocators.AlignedNativeHeap && !OperatingSystem.IsWindows()));
        return !isKnown ? 0 : function != 0 ? Ask(function, block) : OfFirst(block);
    }

    /// <summary>As <see cref="Of"/>, for a caller that may hold a lock: looks for nothing, which could fail and so run
    /// first-chance handlers (O8). Call <see cref="Prepare"/> before the lock.</summary>
    public static nuint OfUnderLock(int channel, void* block) =>
        Order.Acquire(in s_usableSize) == 0 ? 0 : Of(channel, block);

    /// <summary>Looks for the allocator's function, unless it is known.</summary>
    public static void Prepare()
    {
        if (Order.Acquire(in s_usableSize) == 0)
        {
            Order.Release(ref s_usableSize, Find());
        }
    }

    // On Linux without the transition that lets the garbage collector go on meanwhile: the allocator only looks at the
    // block's own words.
    private static nuint Ask(nint function, void* block) => OperatingSystem.IsLinux()
        ? ((delegate* unmanaged[SuppressGCTransition]<void*, nuint>)function)(block)
        : ((delegate* unmanaged<void*, nuint>)function)(block);

    private static nuint OfFirst(void* block)
    {
        nint function = Find();
        Order.Release(ref s_usableSize, function);
        return function is 0 or Missing ? 0 : Ask(function, block);
    }

    // 0: there is no memory to find it; the next call looks again.
    private static nint Find()
    {
        try
        {
            nint library = OperatingSystem.IsWindows()
                ? NativeLibrary.Load("ucrtbase")
                : NativeLibrary.GetMainProgramHandle();
            string name = OperatingSystem.IsWindows() ? "_msize"
                : OperatingSystem.IsMacOS() ? "malloc_size"
                : "malloc_usable_size";
            return NativeLibrary.TryGetExport(library, name, out nint address) ? address : Missing;
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return Missing;
        }
    }
}
