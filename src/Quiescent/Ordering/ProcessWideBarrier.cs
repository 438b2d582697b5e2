using System.Runtime.InteropServices;

namespace Quiescent.Ordering;

// Whether Order.FenceAllThreads can be relied upon. The runtime uses membarrier(2) on Linux. Where the kernel lacks it
// (before 4.14, or under a filter), the runtime changes a page's protection instead. That interrupts every core only if
// the hardware does not broadcast such a change by itself, as Arm and the latest x86 do. So on Linux without
// membarrier(2) every domain reads with full fences, and appends fence as well.
//
// The runtime registers the process at its start; where that is refused, it falls back without a word, although the
// kernel knows the command. So the library asks for all that is used. A filter may come later than the runtime's start;
// then the library's answer is the more cautious one.
//
// Checked by: ProcessWideBarrierTests; mutant membarrier-not-asked-to-register.
internal static unsafe partial class ProcessWideBarrier
{
    private const long QueryCommand = 0;
    private const long PrivateExpedited = 1 << 3;
    private const long RegisterPrivateExpedited = 1 << 4;

    /// <summary>False where the runtime's fallback would be no barrier at all.</summary>
    public static readonly bool IsReliable = Probe();

    /// <summary>Whether membarrier(2) does everything that the runtime needs of it.</summary>
    /// <param name="membarrier">Makes the call with this command, and returns what it returns.</param>
    internal static bool IsGranted(Func<long, long> membarrier)
    {
        long commands = membarrier(QueryCommand);
        return commands > 0
            && (commands & PrivateExpedited) != 0
            && membarrier(RegisterPrivateExpedited) == 0
            && membarrier(PrivateExpedited) == 0;
    }

    private static bool Probe()
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
        {
            return true;
        }

        long membarrier = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 324,
            Architecture.Arm64 => 283,
            _ => 0,
        };
        if (membarrier == 0 || !(OperatingSystem.IsLinux() || OperatingSystem.IsAndroid()))
        {
            return RuntimeInformation.ProcessArchitecture == Architecture.X64;
        }

        try
        {
            return IsGranted(command => SystemCall(membarrier, command, 0, 0));
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
