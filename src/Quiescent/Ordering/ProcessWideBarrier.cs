using System.Runtime.InteropServices;

namespace Quiescent.Ordering;

// Whether Order.FenceAllThreads can be relied upon. The runtime uses membarrier(2) on Linux. Where the kernel lacks it (before
// 4.14, or under a filter), the runtime changes a page's protection instead, which interrupts every core on x86 but not on Arm,
// where the hardware broadcasts the change. There every domain reads with full fences, and appends are fenced as well.
internal static unsafe partial class ProcessWideBarrier
{
    private const long QueryCommand = 0;
    private const long PrivateExpedited = 1 << 3;

    /// <summary>False where the runtime's fallback would be no barrier at all.</summary>
    public static readonly bool IsReliable = Probe();

    private static bool Probe()
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() || RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            return true;
        }

        if (RuntimeInformation.ProcessArchitecture != Architecture.Arm64 || !(OperatingSystem.IsLinux() || OperatingSystem.IsAndroid()))
        {
            return false;
        }

        const long MembarrierOnArm64 = 283;
        try
        {
            long commands = SystemCall(MembarrierOnArm64, QueryCommand, 0, 0);
            return commands > 0 && (commands & PrivateExpedited) != 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long SystemCall(long number, long first, long second, long third);
}
