using System.Globalization;

namespace Quiescent.Top.View;

// Figures of at most five characters, durations of at most six: columns keep their width.
internal static class Numbers
{
    public const string None = "-";

    private static readonly string[] s_counts = ["", "k", "M", "G", "T", "P"];
    private static readonly string[] s_times = ["ns", "µs", "ms", "s"];

    /// <summary>950, 1.24k, 12.4k, 124k, 1.24M.</summary>
    public static string Count(double? count)
    {
        if (count is not { } value)
        {
            return None;
        }

        int unit = 0;
        for (; Math.Abs(value) >= (unit == 0 ? 9_999.5 : 999.5) && unit < s_counts.Length - 1; unit++)
        {
            value /= 1_000;
        }

        return unit == 0 && (value >= 10 || value == Math.Floor(value))
            ? Round(value, 0)
            : ThreeDigits(value) + s_counts[unit];
    }

    /// <summary>85.2µs, 1.10ms, 2.40s.</summary>
    public static string Duration(double? seconds)
    {
        if (seconds is not { } value)
        {
            return None;
        }

        value *= 1e9;
        int unit = 0;
        for (; value >= 999.5 && unit < s_times.Length - 1; unit++)
        {
            value /= 1_000;
        }

        return ThreeDigits(value) + s_times[unit];
    }

    private static string ThreeDigits(double value) => Round(value, Math.Abs(value) switch
    {
        < 9.995 => 2,
        < 99.95 => 1,
        _ => 0,
    });

    private static string Round(double value, int digits) => value.ToString("F" + digits, CultureInfo.InvariantCulture);
}
