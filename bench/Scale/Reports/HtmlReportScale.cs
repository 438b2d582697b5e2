using Quiescent.Scale.Runs;

namespace Quiescent.Scale.Reports;

// Where a value lies between zero, the left end (0), and the right end (1) of a plot. Always linear: a bar twice as
// long is twice as much.
internal sealed class HtmlReportScale
{
    private const int MostSteps = 5;

    private readonly double _to;

    private HtmlReportScale(double to, IReadOnlyList<double> ticks)
    {
        _to = to;
        Ticks = ticks;
    }

    /// <summary>The positions of the lines, both ends included.</summary>
    public IReadOnlyList<double> Ticks { get; }

    public static HtmlReportScale For(IEnumerable<Spread> values)
    {
        double highest = values.Max(value => value.Max);
        double top = highest > 0 ? highest : 1;
        double power = Math.Pow(10, Math.Floor(Math.Log10(top / MostSteps)));
        double step = ((double[])[1, 2, 5, 10]).Select(factor => factor * power).First(one => top / one <= MostSteps);
        int steps = Math.Max((int)Math.Ceiling(top / step), 1);
        return new HtmlReportScale(steps * step, [.. Enumerable.Range(0, steps + 1).Select(i => i * step)]);
    }

    /// <summary>A value beyond an end is drawn at the end.</summary>
    public double At(double value) => Math.Clamp(value / _to, 0, 1);
}
