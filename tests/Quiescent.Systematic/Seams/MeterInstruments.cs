using System.Diagnostics.Metrics;

namespace Quiescent.Diagnostics;

// Schedules have no meters.
internal static class MeterInstruments
{
    public static List<Instrument>? Of(Meter meter) => null;
}
