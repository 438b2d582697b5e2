using Quiescent.Top.Stream;

namespace Quiescent.Top.Model;

// Turns messages into readings: one at the end of each interval.
internal sealed class Watch
{
    private const int MaxReports = 50;

    private readonly SortedDictionary<long, DomainWatch> _domains = [];
    private readonly List<RepeatedReport> _reports = [];
    private readonly List<Report> _newReports = [];
    private string? _trouble;

    /// <summary>The reading that the message completes, or null.</summary>
    public Reading? Accept(TopMessage message)
    {
        switch (message)
        {
            case CounterValue value:
                Of(value.Domain).Note(value);
                break;
            case DurationsValue durations:
                Of(durations.Domain).Note(durations);
                break;
            case Report report:
                Note(report);
                break;
            case Trouble trouble:
                _trouble = trouble.Text;
                break;
            case IntervalEnded interval:
                return Read(interval);
            default:
                break;
        }

        return null;
    }

    private Reading Read(IntervalEnded interval)
    {
        foreach (long gone in _domains.Where(domain => !domain.Value.HasValues).Select(domain => domain.Key).ToArray())
        {
            _domains.Remove(gone);
        }

        Reading reading = new(
            interval.Start, interval.End,
            [.. _domains.Values.Select(domain => domain.Read(interval.Start, interval.End))])
        {
            Reports = [.. _reports],
            NewReports = [.. _newReports],
            Trouble = _trouble,
        };
        _newReports.Clear();
        return reading;
    }

    private void Note(Report report)
    {
        if (report.Kind == ReportKind.Stall)
        {
            Of(report.Domain).Note(report);
        }

        // One line is enough for ten thousand callbacks that fail alike. Stalls have their duration in the text, and
        // stand apart.
        int alike = _reports.FindIndex(other => other.Last with { Time = report.Time } == report);
        int count = 1;
        if (alike >= 0)
        {
            count += _reports[alike].Count;
            _reports.RemoveAt(alike);
        }
        else if (_reports.Count == MaxReports)
        {
            _reports.RemoveAt(0);
        }

        _reports.Add(new RepeatedReport(report, count));
        if (_newReports.Count < MaxReports)
        {
            _newReports.Add(report);
        }
    }

    private DomainWatch Of(DomainKey key)
    {
        if (!_domains.TryGetValue(key.Id, out DomainWatch? domain))
        {
            _domains.Add(key.Id, domain = new DomainWatch(key));
        }

        return domain;
    }
}
