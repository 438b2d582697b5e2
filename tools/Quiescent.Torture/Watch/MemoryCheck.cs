using System.Globalization;
using System.Runtime.InteropServices;

namespace Quiescent.Torture.Watch;

// Whether memory is back at its start: the bytes that malloc has handed out, where it reports them (glibc), else the
// working set. Measured before the first domain of the run is made and after the last is gone.
internal sealed partial class MemoryCheck
{
    // For code compiled meanwhile, and the caches of the allocator and of the runtime.
    public const long NativeTolerance = 16 << 20;

    // The working set includes the managed heap, and the memory that the allocator keeps.
    public const long WorkingSetTolerance = 256 << 20;

    private readonly long? _nativeAtStart = NativeBytes();
    private readonly long _workingSetAtStart = Environment.WorkingSet;
    private readonly long _managedAtStart = GC.GetTotalMemory(forceFullCollection: true);

    public MemoryUse End()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return new MemoryUse(
            _nativeAtStart,
            NativeBytes(),
            _workingSetAtStart,
            Environment.WorkingSet,
            _managedAtStart,
            GC.GetTotalMemory(forceFullCollection: false));
    }

    /// <summary>Null: memory is back.</summary>
    public static string? Fault(MemoryUse use)
    {
        (long start, long end, long tolerance, string what) =
            use is { NativeAtStart: long first, NativeAtEnd: long last }
                ? (first, last, NativeTolerance, "native memory")
                : (use.WorkingSetAtStart, use.WorkingSetAtEnd, WorkingSetTolerance, "the working set");
        return end - start > tolerance
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"Memory is not back at its start: {what} was {start >> 20} MiB, is {end >> 20} MiB; "
                + $"{tolerance >> 20} MiB are allowed.")
            : null;
    }

    private static long? NativeBytes()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                MallInfo info = ReadMallInfo();
                return (long)(info.BytesInUse + info.BytesMapped);
            }
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library.
        }

        return null;
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial MallInfo ReadMallInfo();

    // struct mallinfo2, of ten words.
    [StructLayout(LayoutKind.Explicit, Size = 10 * sizeof(ulong))]
    private struct MallInfo
    {
        [FieldOffset(4 * sizeof(ulong))]
        public ulong BytesMapped;

        [FieldOffset(7 * sizeof(ulong))]
        public ulong BytesInUse;
    }
}

// Bytes, before a run and after.
internal sealed record MemoryUse(
    long? NativeAtStart,
    long? NativeAtEnd,
    long WorkingSetAtStart,
    long WorkingSetAtEnd,
    long ManagedAtStart,
    long ManagedAtEnd);
