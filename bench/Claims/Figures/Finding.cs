using System.Globalization;

namespace Quiescent.Claims.Figures;

// What the measurements say of a claim.
internal enum Outcome
{
    Holds,
    DoesNotHold,

    /// <summary>The difference is within what the machine's noise makes of equals.</summary>
    Inconclusive,
}

internal sealed record Finding(Outcome Outcome, string Text)
{
    // Ratios nearer to one than this show nothing.
    private const double Margin = 0.05;

    /// <param name="ratio">How many times the hand-written way costs what the offset costs.</param>
    /// <param name="figures">What the ratio is made of.</param>
    public static Finding Of(double ratio, string figures)
    {
        (Outcome outcome, string word) = ratio switch
        {
            >= 1 + Margin => (Outcome.Holds, "holds"),
            <= 1 - Margin => (Outcome.DoesNotHold, "does not hold here"),
            double.NaN => (Outcome.Inconclusive, "could not be measured here"),
            _ => (Outcome.Inconclusive, "makes no difference here"),
        };
        return new Finding(outcome, string.Create(CultureInfo.InvariantCulture, $"{word}: {Times(ratio)}, {figures}"));
    }

    public static string Times(double ratio) =>
        ratio.ToString(ratio < 10 ? "0.00" : "#,0", CultureInfo.InvariantCulture) + "×";
}
