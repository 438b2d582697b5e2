using System.Globalization;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;

namespace Quiescent.Scale.Native;

// Native libraries as contestants. Each turn is a process of its own.
internal sealed class NativePeers(NativeBuilder builder)
{
    // The time of a turn beyond its length: starting thousands of threads, draining a flood's queues.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(60);

    private static readonly string[] s_packages =
    [
        "liburcu-dev", "libck-dev", "librust-crossbeam-epoch-dev", "libcuckoo-dev", "libtbb-dev",
        "librust-dashmap-dev", "libc6", "gcc", "rustc",
    ];

    /// <summary>A program of bench/native with a workload and its arguments. Builds it where that has not been done
    /// yet; where it cannot be built the contestant is absent.</summary>
    public Contestant Contestant(
        string name, string program, string workload, params (string Key, object Value)[] arguments) =>
        Contestant(name, NativeProgram.All.Single(one => one.Name == program), workload, arguments);

    public Contestant Contestant(
        string name, NativeProgram program, string workload, params (string Key, object Value)[] arguments)
    {
        NativeBinary binary = builder.Get(program);
        return new Contestant(
            name, Side.Native, length => Measure(binary, workload, arguments, length))
        { Absent = binary.Absent };
    }

    /// <summary>The installed versions of the libraries and compilers, where Debian's package manager is
    /// present.</summary>
    public static IEnumerable<PackageVersion> Versions()
    {
        ChildResult result = ChildProcess.Run(
            "dpkg-query", ["-W", "-f", "${db:Status-Status} ${Package} ${Version}\n", .. s_packages],
            TimeSpan.FromSeconds(20));
        return from line in result.Output.Split('\n')
               let words = line.Split(' ')
               where words is ["installed", _, _]
               select new PackageVersion(words[1], words[2]);
    }

    private static Reading Measure(
        NativeBinary binary, string workload, (string Key, object Value)[] arguments, TimeSpan length)
    {
        if (binary.Path is null)
        {
            throw new InvalidOperationException(binary.Absent);
        }

        string[] all =
            [workload, Write("seconds", length.TotalSeconds), .. arguments.Select(one => Write(one.Key, one.Value))];
        ChildResult result = ChildProcess.Run(binary.Path, all, length + s_grace);
        return result.ExitCode == 0
            ? NativeAnswer.Parse(result.Output)
            : throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"{Path.GetFileName(binary.Path)} {string.Join(' ', all)}: exit code {result.ExitCode}: "
                + $"{result.LastError}"));
    }

    private static string Write(string key, object value) =>
        string.Create(CultureInfo.InvariantCulture, $"{key}={value}");
}
