using System.Runtime.InteropServices;

namespace Quiescent.Validate;

// Blocks with pages of their own, which can be made inaccessible: a read or write after that faults at once, at the
// instruction that makes it. Apart from its alignment, the block ends where its pages end.
internal static unsafe partial class GuardedPages
{
    private const int ReadWrite = 3;
    private const int None = 0;
    private const int Private = 2;
    private const int MapFailed = -1;
    private const int DontNeed = 4;
    private const uint CommitAndReserve = 0x3000;
    private const uint Decommit = 0x4000;
    private const uint ReleaseAll = 0x8000;
    private const uint PageReadWrite = 4;

    private static int Anonymous => OperatingSystem.IsLinux() || OperatingSystem.IsAndroid() ? 0x20 : 0x1000;

    public static nuint LengthFor(nuint bytes)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        return checked(Math.Max(bytes, 1) + page - 1) / page * page;
    }

    /// <exception cref="OutOfMemoryException">There are no pages.</exception>
    public static byte* Map(nuint length)
    {
        byte* pages = OperatingSystem.IsWindows()
            ? VirtualAlloc(null, length, CommitAndReserve, PageReadWrite)
            : Mmap(null, length, ReadWrite, Private | Anonymous, -1, 0);
        return pages != null && pages != (byte*)MapFailed
            ? pages
            : throw new InsufficientMemoryException("There is no memory for a block with pages of its own.");
    }

    /// <summary>From here on each access faults. The memory goes back to the system; the addresses stay
    /// reserved.</summary>
    public static void Close(byte* pages, nuint length)
    {
        // SAFETY: of both: the pages come from one call of Map.
        bool isClosed = OperatingSystem.IsWindows()
            ? VirtualFree(pages, length, Decommit)
            : Madvise(pages, length, DontNeed) == 0 && Mprotect(pages, length, None) == 0;
        if (!isClosed)
        {
            throw new InvalidOperationException("The pages of a reclaimed block cannot be made inaccessible.");
        }
    }

    public static void Unmap(byte* pages, nuint length)
    {
        if (OperatingSystem.IsWindows())
        {
            _ = VirtualFree(pages, 0, ReleaseAll);
        }
        else
        {
            _ = Munmap(pages, length); // What cannot be unmapped stays inaccessible.
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial byte* Mmap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Mprotect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Madvise(void* address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Munmap(void* address, nuint length);

    [LibraryImport("kernel32", EntryPoint = "VirtualAlloc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial byte* VirtualAlloc(void* address, nuint length, uint type, uint protection);

    [LibraryImport("kernel32", EntryPoint = "VirtualFree")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool VirtualFree(void* address, nuint length, uint type);
}
