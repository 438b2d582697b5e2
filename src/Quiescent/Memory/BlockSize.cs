using System.Runtime.InteropServices;

namespace Quiescent.Memory;

// How many bytes of a block of a built-in deallocator may be written. The answer comes from the allocator that the
// process really has: one that is loaded ahead of the C library's brings its own.
internal static unsafe class BlockSize
{
    private static readonly delegate* unmanaged<void*, nuint> s_usableSize = Find();

    /// <summary>Whether asking costs no more than a few nanoseconds, as was measured on Linux.</summary>
    public static bool IsCheap => OperatingSystem.IsLinux();

    /// <summary>The usable size of a block in bytes; 0 if it is unknown.</summary>
    public static nuint Of(int channel, void* block)
    {
        // SAFETY: the block is live, and the channel names the allocator that it came from. On Windows, aligned blocks
        // are of a kind of their own.
        bool isKnown = s_usableSize != null
            && (channel == Deallocators.NativeHeap
                || (channel == Deallocators.AlignedNativeHeap && !OperatingSystem.IsWindows()));
        return isKnown ? s_usableSize(block) : 0;
    }

    private static delegate* unmanaged<void*, nuint> Find()
    {
        try
        {
            nint library = OperatingSystem.IsWindows()
                ? NativeLibrary.Load("ucrtbase")
                : NativeLibrary.GetMainProgramHandle();
            string name = OperatingSystem.IsWindows() ? "_msize"
                : OperatingSystem.IsMacOS() ? "malloc_size"
                : "malloc_usable_size";
            bool isFound = NativeLibrary.TryGetExport(library, name, out nint address);
            return (delegate* unmanaged<void*, nuint>)(isFound ? address : 0);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return null;
        }
    }
}
