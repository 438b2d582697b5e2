using Quiescent;

namespace RouteTable.Run;

/// <summary>One reading of all figures that change.</summary>
internal readonly record struct Reading(
    TimeSpan At, long Lookups, long Updates, long Wrong, RcuStatistics Statistics, TimeSpan Pauses);

/// <summary>A line per second: rates since the line before.</summary>
internal sealed class LiveReport(TextWriter writer)
{
    public void Header() => writer.WriteLine(
        $"{"second",6} {"lookups/s",12} {"updates/s",11} {"periods/s",10} "
        + $"{"freed/s",11} {"backlog",9} {"GC ms",6} {"wrong",6}");

    public void Line(Reading before, Reading now)
    {
        double seconds = Math.Max((now.At - before.At).TotalSeconds, 1e-6);
        RcuStatistics then = before.Statistics;
        RcuStatistics statistics = now.Statistics;
        writer.WriteLine(
            $"{now.At.TotalSeconds,6:F0} "
            + $"{(now.Lookups - before.Lookups) / seconds,12:N0} "
            + $"{(now.Updates - before.Updates) / seconds,11:N0} "
            + $"{(statistics.GracePeriodsCompleted - then.GracePeriodsCompleted) / seconds,10:N0} "
            + $"{(statistics.BlocksFreed - then.BlocksFreed) / seconds,11:N0} "
            + $"{statistics.BlocksWaiting,9:N0} "
            + $"{(now.Pauses - before.Pauses).TotalMilliseconds,6:F1} "
            + $"{now.Wrong,6:N0}");
    }
}
