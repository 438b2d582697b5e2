using System.Globalization;
using System.Runtime.InteropServices;

namespace Quiescent.Ordering;

// The operating system's threads: their numbers, and whether one is gone.
//
// The system gives a number to another thread in time. So IsGone() errs on one side only: it may take a thread that is
// gone for one that lives, and never the reverse. HasAnother() tells the two apart by the time at which the thread of
// that number was started.
internal static unsafe partial class OsThread
{
    private const long FutexWaitPrivate = 128;
    private const long FutexWakePrivate = 129;

    /// <summary>The unit of times in /proc on every Linux.</summary>
    public const long TicksPerSecond = 100;

    // The number of the system call tgkill, or 0 where it is not to be had.
    private static readonly long s_tgkill = Probe();
    private static readonly bool s_canSleep = CanSleep();

    // The number of the system call futex, or 0 where it is not to be had.
    private static readonly long s_futex = ProbeFutex();

    private static int s_asleep;

    /// <summary>Whether <see cref="IsGone"/> and <see cref="HasAnother"/> can be asked on this platform.</summary>
    public static bool CanTell => s_tgkill != 0;

    /// <summary>Hundredths of a second since the machine was started; 0 where <see cref="CanTell"/> is false.</summary>
    public static long Now
    {
        get
        {
            const int BootTimeClock = 7;
            TimeSpec time = default;
            return CanTell && ClockGetTime(BootTimeClock, &time) == 0
                ? (time.Seconds * TicksPerSecond) + (time.Nanoseconds / (1_000_000_000 / TicksPerSecond))
                : 0;
        }
    }

    /// <summary>The current thread's number, as a debugger, <c>top -H</c> and <c>perf</c> show it; 0 where the platform
    /// has none at hand.</summary>
    public static ulong CurrentId()
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                return GetCurrentThreadId();
            }

            return OperatingSystem.IsLinux() ? (uint)GetTid() : 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return 0;
        }
    }

    /// <summary>How many threads are in <see cref="Sleep"/>; for tests, which no thread state tells of it.</summary>
    public static int Asleep => Order.Acquire(in s_asleep);

    /// <summary>Sleeps in the system, where the runtime cannot interrupt the thread and so raises no exception. Where
    /// the system's own function is not to be had, it yields the processor instead.</summary>
    public static void Sleep(int milliseconds)
    {
        Order.Add(ref s_asleep, 1);
        if (s_canSleep)
        {
            SleepInSystem(milliseconds);
        }
        else
        {
            Thread.Yield();
        }

        Order.Add(ref s_asleep, -1);
    }

    /// <summary>Whether a thread can sleep on a word of memory here.</summary>
    public static bool CanWaitOnWords => s_futex != 0;

    /// <summary>Sleeps until <see cref="WakeOnWord"/>, if the word has that value; for at most this long, below a
    /// second, and perhaps for less. The word must outlive the call.</summary>
    public static void WaitOnWord(int* word, int value, int milliseconds)
    {
        TimeSpec time = new() { Nanoseconds = milliseconds * 1_000_000L };
        SystemCall(s_futex, (nint)word, FutexWaitPrivate, value, (nint)(&time));
    }

    /// <summary>Wakes a thread that sleeps on the word, which must outlive the call.</summary>
    public static void WakeOnWord(int* word) => SystemCall(s_futex, (nint)word, FutexWakePrivate, 1, 0);

    /// <summary>Whether no thread of this process has the number. A system call; takes no lock and allocates
    /// nothing.</summary>
    public static bool IsGone(ulong id) => IsNoThread(s_tgkill, id);

    /// <summary>Whether the thread that has the number was started after the given time, so that an earlier one of the
    /// same number is gone. False where that cannot be read. Some system calls; allocates nothing and throws nothing,
    /// as callers hold locks, under which no first-chance handler may run.</summary>
    public static bool HasAnother(ulong id, long since) => StatOf(id).StartTime > since + 1;

    /// <summary>What the system says of the thread that has the number now: /proc/self/task/ID/stat. The default where
    /// it cannot be read, or no thread has the number. Some system calls, about 10 µs; allocates nothing and throws
    /// nothing, as callers may hold locks.</summary>
    public static ThreadStat StatOf(ulong id)
    {
        if (!CanTell)
        {
            return default;
        }

        const int Length = 1024;
        byte* text = stackalloc byte[Length];
        WritePath(new Span<byte>(text, Length), id);
        int file = FaultInjection.IsDue(FaultSite.ThreadStat) ? -1 : Open(text, flags: 0);
        if (file < 0)
        {
            return default;
        }

        nint read = Read(file, text, Length);
        _ = Close(file);
        return ThreadStat.Parse(new ReadOnlySpan<byte>(text, (int)Math.Max(0, read)));
    }

    /// <summary>Whether <see cref="SetAffinity"/> has an effect on this platform.</summary>
    public static bool HasAffinity => OperatingSystem.IsLinux() || OperatingSystem.IsWindows();

    /// <summary>Binds the current thread to the processors whose bits are set. A set that the process may not use is
    /// ignored.</summary>
    public static void SetAffinity(nint processors)
    {
        if (OperatingSystem.IsWindows())
        {
            SetThreadAffinityMask(GetCurrentThread(), processors);
        }
        else if (OperatingSystem.IsLinux())
        {
            _ = SchedSetAffinity(thread: 0, sizeof(nint), &processors);
        }
    }

    private static long Probe()
    {
        long tgkill = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 234,
            Architecture.Arm64 => 131,
            _ => 0,
        };
        if (tgkill == 0 || !OperatingSystem.IsLinux())
        {
            return 0;
        }

        try
        {
            // No thread has the highest number. A filter that refuses the call would say that this thread is gone too.
            return !IsNoThread(tgkill, CurrentId()) && IsNoThread(tgkill, int.MaxValue) ? tgkill : 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or OutOfMemoryException)
        {
            return 0;
        }
    }

    private static long ProbeFutex()
    {
        long futex = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 202,
            Architecture.Arm64 => 98,
            _ => 0,
        };
        if (futex == 0 || !OperatingSystem.IsLinux())
        {
            return 0;
        }

        try
        {
            int word = 0;

            // SAFETY: nobody sleeps on the word, which outlives the call.
            return SystemCall(futex, (nint)(&word), FutexWakePrivate, 1, 0) == 0 ? futex : 0;
        }
        catch (Exception e) when (
            e is DllNotFoundException or EntryPointNotFoundException or OutOfMemoryException)
        {
            return 0;
        }
    }

    private static bool CanSleep()
    {
        try
        {
            SleepInSystem(0);
            return true;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or OutOfMemoryException)
        {
            return false; // A type initializer that throws would fail for ever.
        }
    }

    private static void SleepInSystem(int milliseconds)
    {
        const int Microseconds = 1_000;
        if (OperatingSystem.IsWindows())
        {
            WindowsSleep((uint)milliseconds);
        }
        else
        {
            _ = MicroSleep((uint)(milliseconds * Microseconds)); // A signal may end it early.
        }
    }

    private static bool IsNoThread(long tgkill, ulong id) =>
        SystemCall(tgkill, Environment.ProcessId, (long)id, 0) != 0;

    private static void WritePath(Span<byte> path, ulong id)
    {
        "/proc/self/task/"u8.CopyTo(path);
        int length = "/proc/self/task/"u8.Length;
        id.TryFormat(path.Slice(length), out int digits, provider: CultureInfo.InvariantCulture);
        "/stat\0"u8.CopyTo(path.Slice(length + digits));
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long SystemCall(long number, long first, long second, long third);

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long SystemCall(long number, long first, long second, long third, long fourth);

    [LibraryImport("libc", EntryPoint = "gettid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetTid();

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ClockGetTime(int clock, TimeSpec* time);

    [LibraryImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Read(int file, byte* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MicroSleep(uint microseconds);

    [LibraryImport("kernel32", EntryPoint = "Sleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial void WindowsSleep(uint milliseconds);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SchedSetAffinity(int thread, nint bytes, nint* processors);

    [LibraryImport("kernel32", EntryPoint = "GetCurrentThread")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint GetCurrentThread();

    [LibraryImport("kernel32", EntryPoint = "SetThreadAffinityMask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint SetThreadAffinityMask(nint thread, nint processors);

    [LibraryImport("kernel32", EntryPoint = "GetCurrentThreadId")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial uint GetCurrentThreadId();

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
