namespace Quiescent.Scale.Native;

// One program of bench/native, and what has to be installed before it can be built.
internal sealed record NativeProgram(string Name, Requirement[] Requirements)
{
    private static readonly Requirement s_make = Requirement.Command("make", "make");
    private static readonly Requirement s_compiler = Requirement.Command("cc", "gcc");
    private static readonly Requirement[] s_cpp = [s_make, s_compiler, Requirement.Command("c++", "g++")];
    private static readonly Requirement s_urcu = Requirement.Header("urcu.h", "liburcu-dev");

    public static IReadOnlyList<NativeProgram> All { get; } =
    [
        new("peer-none", [s_make, s_compiler]),
        new("peer-urcu-memb", [s_make, s_compiler, s_urcu]),
        new("peer-urcu-mb", [s_make, s_compiler, s_urcu]),
        new("peer-urcu-qsbr", [s_make, s_compiler, s_urcu]),
        new("peer-ck", [s_make, s_compiler, Requirement.Header("ck_epoch.h", "libck-dev")]),
        new("peer-crossbeam",
        [
            s_make, Requirement.Command("cargo", "cargo"),
            Requirement.Crate("crossbeam-epoch", "librust-crossbeam-epoch-dev"),
        ]),
        new("map-lfht", [s_make, s_compiler, Requirement.Header("urcu/rculfhash.h", "liburcu-dev")]),
        new("map-cuckoo", [.. s_cpp, Requirement.CppHeader("libcuckoo/cuckoohash_map.hh", "libcuckoo-dev")]),
        new("map-tbb", [.. s_cpp, Requirement.CppHeader("tbb/concurrent_hash_map.h", "libtbb-dev")]),
        new("map-dashmap",
        [
            s_make, s_compiler, Requirement.Command("cargo", "cargo"),
            Requirement.Crate("dashmap", "librust-dashmap-dev"),
        ]),
    ];
}

// A command, a C or C++ header or a Rust crate, by the Debian package that provides it.
internal sealed record Requirement(string Package, Func<bool> IsPresent)
{
    private const string Crates = "/usr/share/cargo/registry";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    public static Requirement Command(string command, string package) =>
        new(package, () => ChildProcess.Run(command, ["--version"], s_limit) is { ExitCode: 0 });

    public static Requirement Header(string header, string package) => Header(header, package, "cc", "c");

    public static Requirement CppHeader(string header, string package) => Header(header, package, "c++", "c++");

    public static Requirement Crate(string crate, string package) =>
        new(package, () => Directory.Exists(Crates) && Directory.EnumerateDirectories(Crates, crate + "-*").Any());

    private static Requirement Header(string header, string package, string compiler, string language) =>
        new(
            package, () => ChildProcess.Run(
                compiler, ["-E", "-include", header, "-x", language, "/dev/null"], s_limit) is { ExitCode: 0 });
}
