namespace Quiescent.Claims.Figures;

// What is told of repeated measurements.
internal readonly record struct Spread(double Median, double Lowest, double Highest)
{
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("There is nothing to summarise.", nameof(values));
        }

        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 != 0 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }

    /// <summary>Of the ratios within each round.</summary>
    public static Spread OfRatios(IReadOnlyCollection<double> values, IReadOnlyCollection<double> to)
    {
        if (values.Count != to.Count)
        {
            throw new ArgumentException("Both are measured in every round.", nameof(to));
        }

        return Of(values.Zip(to, (value, other) => value / other));
    }
}
