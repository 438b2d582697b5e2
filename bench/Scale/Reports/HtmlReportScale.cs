using Quiescent.Scale.Runs;

namespace Quiescent.Scale.Reports;

// Where a value lies between the left end (0) and the right end (1) of a plot.
internal sealed class HtmlReportScale
{
    // Beyond it the shorter bars of a linear scale could not be told apart.
    private const double WidestLinearSpan = 30;
    private const int MostSteps = 5;

    private readonly double _from;
    private readonly double _to;

    private HtmlReportScale(bool isLogarithmic, double from, double to, IReadOnlyList<double> ticks)
    {
        IsLogarithmic = isLogarithmic;
        _from = isLogarithmic ? Math.Log10(from) : from;
        _to = isLogarithmic ? Math.Log10(to) : to;
        Ticks = ticks;
    }

    public bool IsLogarithmic { get; }

    /// <summary>Where lines are drawn, both ends included.</summary>
    public IReadOnlyList<double> Ticks { get; }

    public static HtmlReportScale For(IEnumerable<Spread> values)
    {
        Spread[] all = [.. values];
        double highest = all.Max(value => value.Max);
        double[] positive = [.. all.Select(value => value.Median).Where(median => median > 0)];
        return positive.Length != 0 && positive.Max() > WidestLinearSpan * positive.Min()
            ? Logarithmic(Math.Min(positive.Min(), all.Where(value => value.Min > 0).Min(value => value.Min)), highest)
            : Linear(highest);
    }

    /// <summary>What lies beyond an end is drawn at it.</summary>
    public double At(double value)
    {
        double place = IsLogarithmic ? value > 0 ? Math.Log10(value) : _from : value;
        return Math.Clamp((place - _from) / (_to - _from), 0, 1);
    }

    // From below the lowest value, so that its bar can be seen.
    private static HtmlReportScale Logarithmic(double lowest, double highest)
    {
        int from = (int)Math.Ceiling(Math.Log10(lowest)) - 1;
        int to = Math.Max((int)Math.Ceiling(Math.Log10(highest)), from + 1);
        double[] ticks = [.. Enumerable.Range(from, to - from + 1).Select(exponent => Math.Pow(10, exponent))];
        return new HtmlReportScale(true, ticks[0], ticks[^1], ticks);
    }

    private static HtmlReportScale Linear(double highest)
    {
        double top = highest > 0 ? highest : 1;
        double power = Math.Pow(10, Math.Floor(Math.Log10(top / MostSteps)));
        double step = ((double[])[1, 2, 5, 10]).Select(factor => factor * power).First(one => top / one <= MostSteps);
        int steps = Math.Max((int)Math.Ceiling(top / step), 1);
        return new HtmlReportScale(false, 0, steps * step, [.. Enumerable.Range(0, steps + 1).Select(i => i * step)]);
    }
}
