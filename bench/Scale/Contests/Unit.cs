namespace Quiescent.Scale.Contests;

// The unit of a contest's values, and which end of the scale wins.
internal sealed record Unit(string Symbol, bool LowerIsBetter)
{
    public static readonly Unit Nanoseconds = new("ns", LowerIsBetter: true);
    public static readonly Unit Microseconds = new("µs", LowerIsBetter: true);
    public static readonly Unit Milliseconds = new("ms", LowerIsBetter: true);
    public static readonly Unit Mebibytes = new("MiB", LowerIsBetter: true);
    public static readonly Unit Kibibytes = new("KiB", LowerIsBetter: true);
    public static readonly Unit Bytes = new("B", LowerIsBetter: true);
    public static readonly Unit CpuSeconds = new("s", LowerIsBetter: true);
    public static readonly Unit MillionsPerSecond = new("M/s", LowerIsBetter: false);
    public static readonly Unit Count = new("", LowerIsBetter: true);
}
