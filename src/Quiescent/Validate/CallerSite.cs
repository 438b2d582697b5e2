using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Validate;

// Under Validate: where the program called the library, for the report if the call turns out to be a mistake. A capture
// walks the stack, which takes some microseconds. File and line come from symbol files, so they are looked up only the
// first time that a place is seen.
//
// A capture must not be the first in the process to use the shared array pool (PlatformPools). A look-up in symbol
// files under a long path rents from it; so do interpolated strings, unless they are a concatenation of at most four
// strings, as all are here that need no look-up. Concurrent dictionaries make an event source too.
internal sealed class CallerSite
{
    private const int Buckets = 1024;

    // How long the first captures of the process wait at most until they may look up their sources.
    private const int WaitSeconds = 2;

    private static string? s_library;
    private static long s_waitUntil;
    private static Source?[]? s_sources;

    private readonly StackFrame[] _frames;
    private readonly Source _source;

    private CallerSite(StackFrame[] frames, Source source)
    {
        _frames = frames;
        _source = source;
    }

    /// <summary>The method that called the library, with its type.</summary>
    public string Method => _source.Method;

    /// <summary>The source file of the call; null without symbols.</summary>
    public string? File => _source.File;

    /// <summary>The line in it; 0 without symbols.</summary>
    public int Line => _source.Line;

    /// <summary>All frames, one a line, from the call outwards; empty without frames.</summary>
    public string StackText => new StackTrace(_frames).ToString().TrimEnd();

    /// <summary>The library's own assembly, by its full name.</summary>
    public static string Library =>
        Order.Acquire(in s_library) ?? Once.Keep(ref s_library, typeof(CallerSite).Assembly.FullName!);

    /// <summary>The innermost frames outside of the library. An interrupt that strikes on the way, in a lock of the
    /// platform's, is pending again afterwards.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for them.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static CallerSite Capture()
    {
        bool interrupted = false;
        try
        {
            while (true)
            {
                try
                {
                    return Walk();
                }
                catch (ThreadInterruptedException)
                {
                    interrupted = true;
                }
            }
        }
        finally
        {
            if (interrupted)
            {
                Thread.CurrentThread.Interrupt();
            }
        }
    }

    /// <summary>A copy to keep: frames would keep the code that they name from being unloaded.</summary>
    public CallerSite WithoutFrames() => new([], _source);

    /// <summary>One line: the method and, if its source is known, file and line.</summary>
    public override string ToString() => _source.Text;

    private static Source?[] Sources =>
        Order.Acquire(in s_sources) ?? Once.Keep(ref s_sources, new Source?[Buckets]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static CallerSite Walk()
    {
        FaultInjection.ThrowIfDue(FaultSite.StackWalk);
        StackFrame[] frames = new StackTrace(fNeedFileInfo: false).GetFrames();
        int first = FirstOutside(frames, out Place place);
        ref Source? newest = ref Sources[(uint)place.GetHashCode() % Buckets];
        Source? known = Order.Acquire(in newest);
        if (Source.Find(place, known) is not { } source)
        {
            if (!MayLookUp())
            {
                source = new Source(place, null, 0, older: null); // Not kept: the next capture may.
            }
            else
            {
                StackFrame? frame = new StackTrace(fNeedFileInfo: true).GetFrame(first);
                source = new Source(place, frame?.GetFileName(), frame?.GetFileLineNumber() ?? 0, known);
                Order.CompareExchange(ref newest, source, known); // If another was quicker, it is looked up once more.
            }
        }

        return new CallerSite(frames.AsSpan(Math.Min(first, frames.Length)).ToArray(), source);
    }

    // Waits a little for the thread that uses the pools first; a listener may keep it until this thread goes on.
    private static bool MayLookUp()
    {
        long now = Stopwatch.GetTimestamp();
        Order.CompareExchange(ref s_waitUntil, now + (WaitSeconds * Stopwatch.Frequency), 0);
        while (PlatformPools.AreAwaited)
        {
            if (Stopwatch.GetTimestamp() - Order.Acquire(in s_waitUntil) >= 0)
            {
                return false;
            }

            Thread.Sleep(Tuning.SleepMilliseconds);
        }

        return true;
    }

    private static int FirstOutside(StackFrame[] frames, out Place place)
    {
        for (int i = 0; i < frames.Length; i++)
        {
            if (DiagnosticMethodInfo.Create(frames[i]) is { } method && method.DeclaringAssemblyName != Library)
            {
                place = new Place(method.DeclaringTypeName ?? "", method.Name, frames[i].GetNativeOffset());
                return i;
            }
        }

        place = new Place("", "(unknown)", 0);
        return frames.Length;
    }

    // A call in the code as it is currently compiled. Recompiled code has other offsets, and is looked up again.
    private readonly record struct Place(string Type, string Name, int Offset)
    {
        // The compiler moves an async method's or iterator's body to a type that is named after it:
        // <Name>d__1.MoveNext.
        public override string ToString()
        {
            int open = Type.LastIndexOf('<');
            int close = Type.LastIndexOf('>');
            return Name == "MoveNext" && open > 0 && close > open + 1
                ? $"{Type[..(open - 1)]}.{Type[(open + 1)..close]}"
                : Type.Length == 0 ? Name : $"{Type}.{Name}";
        }
    }

    // What is known of a place. Sources of one bucket form a list, the newest first, whose links never change.
    private sealed class Source(Place place, string? file, int line, Source? older)
    {
        private readonly Place _place = place;
        private readonly Source? _older = older;

        public string? File => file;

        public int Line => line;

        public string Method { get; } = place.ToString();

        public string Text { get; } = file is null
            ? place.ToString()
            : string.Create(CultureInfo.InvariantCulture, $"{place} in {file}:line {line}");

        public static Source? Find(Place place, Source? newest)
        {
            Source? source = newest;
            while (source is not null && source._place != place)
            {
                source = source._older;
            }

            return source;
        }
    }
}
