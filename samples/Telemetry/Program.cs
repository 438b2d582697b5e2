using OpenTelemetry;
using OpenTelemetry.Metrics;
using Telemetry;

// One line names the meter; all else is any program's OpenTelemetry. Figures go out while the cache works, and once
// more at the end.
const int Updates = 2_000_000;
using MeterProvider meters = Sdk.CreateMeterProviderBuilder()
    .AddMeter("Quiescent")
    .AddConsoleExporter(
        static (_, reader) => reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = 1_000)
    .Build();

using Cache cache = new("prices", entries: 1_024);
cache.Work(Updates);
cache.Settle();
Console.WriteLine($"{cache.Reads} reads while {Updates} entries were replaced. The figures when all has been freed:");
meters.ForceFlush();
