using Quiescent.Top.Model;
using Spectre.Console;

namespace Quiescent.Top.View;

// The table's columns of figures, behind the domain's name. A backlog has columns of its own where there is room, else
// a line.
internal sealed record Column(
    string Heading, int Width, Func<DomainReading, string> Text, Func<DomainReading, Style?>? Style = null)
{
    public static readonly Column[] Figures =
    [
        new("GP/S", 5, domain => Numbers.Count(domain.GracePeriodsPerSecond)),
        new("P50", 6, domain => Numbers.Duration(domain.P50)),
        new("P99", 6, domain => Numbers.Duration(domain.P99)),
        new("QUEUE/S", 7, domain => Numbers.Count(domain.BlocksQueuedPerSecond)),
        new("FREED/S", 7, domain => Numbers.Count(domain.BlocksFreedPerSecond)),
        new("CALLS/S", 7, domain => Numbers.Count(domain.CallbacksInvokedPerSecond)),
        new(
            "FAILED", 6, domain => Numbers.Count(
                domain.CallbacksFailed), domain => domain.CallbacksFailed != 0 ? Styles.Warning : default(Style?)),
        new("SLOTS", 7, domain => $"{domain.SlotsUsed}/{domain.SlotsUsed + domain.SlotsFree}"),
        new("OPEN", 5, domain => Numbers.Count(domain.OpenSections)),
    ];

    public static readonly Column[] Backlog =
    [
        new("BACKLOG", 7, domain => Numbers.Count(domain.Backlog), domain => StyleOfBacklog(domain)),
        new("LIMIT", 6, domain => Numbers.Count(domain.BacklogLimit)),
    ];

    public static Style StyleOfBacklog(DomainReading domain) => domain switch
    {
        { IsOverLimit: true } => Styles.Alarm,
        _ when domain.Backlog > domain.BacklogLimit / 2 => Styles.Warning,
        _ => Styles.Calm,
    };
}
