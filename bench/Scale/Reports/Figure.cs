using System.Globalization;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;

namespace Quiescent.Scale.Reports;

// The format of figures and targets, the same in all reports.
internal static class Figure
{
    /// <summary>Three significant digits.</summary>
    public static string Write(double value)
    {
        string format = Math.Abs(value) switch
        {
            0 => "0",
            >= 99.95 => "#,##0",
            >= 9.995 => "0.0",
            >= 0.9995 => "0.00",
            >= 0.0009995 => "0.000",
            _ => "0.0e0",
        };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    public static string WriteRange(Spread spread) => $"{Write(spread.Min)} – {Write(spread.Max)}";

    /// <summary>"guard ≤ 1.5 × liburcu memb"</summary>
    public static string Write(Target target)
    {
        string what = target.Detail is null ? target.Contestant : $"{target.Contestant}, {target.Detail}";
        string bound = target.Bound == Bound.AtMost ? "≤" : "≥";
        string factor = target.Factor.ToString("#,##0.###", CultureInfo.InvariantCulture);
        return target.Peer is null ? $"{what} {bound} {factor}" : $"{what} {bound} {factor} × {target.Peer}";
    }

    public static string Write(Verdict verdict) => verdict switch
    {
        Verdict.Met => "met",
        Verdict.Missed => "MISSED",
        _ => "not judged",
    };
}
