using System.Globalization;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Workloads.Meters;

// The processor's time that this process or a thread of it has had, to the nanosecond, as Linux keeps it.
internal static unsafe partial class ProcessorTime
{
    private const int ProcessClock = 2; // CLOCK_PROCESS_CPUTIME_ID
    private const int ThreadClock = 3; // CLOCK_THREAD_CPUTIME_ID

    public static bool IsKnown => OperatingSystem.IsLinux();

    /// <summary>In seconds.</summary>
    public static double OfProcess() => Nanoseconds(ProcessClock) / 1e9;

    /// <summary>In nanoseconds; 0 where the system does not tell.</summary>
    public static long OfThisThread() => IsKnown ? Nanoseconds(ThreadClock) : 0;

    /// <summary>In seconds, of all threads of this process whose names begin so.</summary>
    public static double OfThreads(string name)
    {
        double sum = 0;
        foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(thread, "comm")).StartsWith(name, StringComparison.Ordinal))
                {
                    string[] times = File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ');
                    sum += double.Parse(times[0], CultureInfo.InvariantCulture) / 1e9;
                }
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return sum;
    }

    private static long Nanoseconds(int clock)
    {
        // SAFETY: the kernel fills two words.
        long* time = stackalloc long[2];
        return GetTime(clock, time) == 0 ? (time[0] * 1_000_000_000) + time[1] : 0;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, long* time);
}
