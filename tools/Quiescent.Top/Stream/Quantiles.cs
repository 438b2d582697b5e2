using System.Globalization;

namespace Quiescent.Top.Stream;

// `0.5=0.0004;0.99=0.0007`, in the culture of the observed process: a comma is a decimal point there. Empty where
// nothing was recorded.
internal static class Quantiles
{
    public static double? Find(string quantiles, double quantile)
    {
        foreach (string one in quantiles.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            if (one.Split('=') is [var at, var value] && Parse(at) == quantile)
            {
                return Parse(value);
            }
        }

        return null;
    }

    /// <summary>Null for text that is not a number.</summary>
    public static double? Parse(string text) =>
        double.TryParse(text.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number)
            ? number
            : null;
}
