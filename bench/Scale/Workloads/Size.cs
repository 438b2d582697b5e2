using System.Diagnostics;
using System.Globalization;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads.Ahead;

namespace Quiescent.Scale.Workloads;

// T: how much larger the library makes a NativeAOT "Hello, world!", and how much memory it holds after its first use.
internal static class Size
{
    private const string AtRest = "at rest KiB";
    private const double BytesPerKibibyte = 1024;

    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(200);

    public static IEnumerable<Contest> Contests()
    {
        yield return new("T", "What the library adds to a NativeAOT hello-world", Unit.Kibibytes,
        [
            Of("PublishAot", preference: null),
            Of("PublishAot, for size", "Size"),
        ])
        {
            TurnLength = TimeSpan.FromSeconds(1),
            MaxRounds = 1,
            TurnOverhead = TimeSpan.FromSeconds(1),
            Targets =
            [
                new("PublishAot", Bound.AtMost, 480),
                new("PublishAot, for size", Bound.AtMost, 380),
                new("PublishAot", Bound.AtMost, 256) { Detail = AtRest },
                new("PublishAot, for size", Bound.AtMost, 256) { Detail = AtRest },
            ],
        };
    }

    private static Contestant Of(string name, string? preference)
    {
        Publication without = new("bench/Size/Hello", preference);
        Publication with = new("bench/Size/HelloRcu", preference);
        return new(name, Side.Ours, _ => Measure(without.Program, with.Program))
        {
            Absent = Publication.Absent,
            SetUp = without.SetUp is { } first && with.SetUp is { } second
                ? new SetUp($"compiling {name}", first.Time + second.Time)
                : without.SetUp ?? with.SetUp,
        };
    }

    private static Reading Measure(string without, string with)
    {
        double hello = new FileInfo(without).Length / BytesPerKibibyte;
        double both = new FileInfo(with).Length / BytesPerKibibyte;
        return new Reading(both - hello)
        {
            Details =
                [new("hello-world KiB", hello), new("with the library KiB", both), new(AtRest, MemoryAtRest(with))],
        };
    }

    // The growth of the resident memory from the first line, after which the library is used, to some time after the
    // second.
    private static double MemoryAtRest(string program)
    {
        using Process process = Process.Start(new ProcessStartInfo(program) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadLine();
        Thread.Sleep(s_settle);
        double before = ResidentKibibytes(process.Id);
        process.StandardOutput.ReadLine();
        Thread.Sleep(s_settle);
        double after = ResidentKibibytes(process.Id);
        process.WaitForExit();
        return after - before;
    }

    // The kernel's sum over the pages themselves; the count in "status" is kept per processor and lags.
    private static double ResidentKibibytes(int process)
    {
        const string Name = "Rss:";
        string line = File.ReadLines($"/proc/{process}/smaps_rollup").First(
            line => line.StartsWith(Name, StringComparison.Ordinal));
        return double.Parse(
            line[Name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
