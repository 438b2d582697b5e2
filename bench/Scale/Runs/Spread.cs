namespace Quiescent.Scale.Runs;

// The values of one contestant over its rounds. If their number is even, the median is the mean of the two in the
// middle.
internal readonly record struct Spread(double Median, double Min, double Max)
{
    public static Spread Of(IEnumerable<double> readings)
    {
        double[] sorted = [.. readings.Order()];
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 != 0 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}
