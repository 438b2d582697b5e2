using System.Globalization;

namespace Quiescent.Torture.Reports;

// A line each second.
internal sealed class ProgressReport(TextWriter output)
{
    private Reading? _before;

    public void Begin(TortureOptions options, bool shufflesAffinity)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"torture: scenario {options.Scenario.Name}, {options.Duration.TotalSeconds:0} s, "
            + $"{options.Readers} readers, "
            + $"{options.Updaters} updaters, seed {options.Seed}"));
        if (!shufflesAffinity)
        {
            output.WriteLine("torture: threads cannot be moved between processors here, so affinity is not shuffled");
        }

        output.WriteLine("  time  periods/s  updates/s  sections/s  backlog  ages 0 / 1 / more");
    }

    public void Line(Reading now)
    {
        Reading before = _before ?? now with { At = TimeSpan.Zero, GracePeriods = 0, Updates = 0, Sections = 0 };
        double seconds = Math.Max((now.At - before.At).TotalSeconds, 0.001);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{now.At.TotalSeconds,4:0} s  {(now.GracePeriods - before.GracePeriods) / seconds,9:N0}  "
            + $"{(now.Updates - before.Updates) / seconds,9:N0}  {(now.Sections - before.Sections) / seconds,10:N0}  "
            + $"{now.Backlog,7:N0}  {now.Ages[0]:N0} / {now.Ages[1]:N0} / {now.Ages.Skip(2).Sum():N0}"));
        _before = now;
    }
}
