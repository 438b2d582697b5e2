using System.Runtime.InteropServices;

namespace Quiescent.Memory;

// How many bytes a block of a built-in deallocator may be written to. Asked of the allocator that the process really
// has: one that is loaded ahead of the C library's brings its own answer.
internal static unsafe class BlockSize
{
    private static readonly delegate* unmanaged<void*, nuint> s_usableSize = Find();

    /// <summary>0 where unknown.</summary>
    public static nuint Of(int channel, void* block)
    {
        // SAFETY: the block is live, and the channel names the allocator that it is from. Windows has aligned blocks of
        // a kind of its own.
        bool isKnown = s_usableSize != null
            && (channel == Deallocators.NativeHeap || (channel == Deallocators.AlignedNativeHeap && !OperatingSystem.IsWindows()));
        return isKnown ? s_usableSize(block) : 0;
    }

    private static delegate* unmanaged<void*, nuint> Find()
    {
        try
        {
            nint library = OperatingSystem.IsWindows() ? NativeLibrary.Load("ucrtbase") : NativeLibrary.GetMainProgramHandle();
            string name = OperatingSystem.IsWindows() ? "_msize" : OperatingSystem.IsMacOS() ? "malloc_size" : "malloc_usable_size";
            return (delegate* unmanaged<void*, nuint>)(NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return null;
        }
    }
}
