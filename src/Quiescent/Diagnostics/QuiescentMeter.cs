using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Quiescent.GracePeriods;
using Quiescent.Ordering;

namespace Quiescent.Diagnostics;

// The meter `Quiescent`, with names and units after OpenTelemetry's conventions. All instruments except the durations
// read the domains' statistics when somebody collects, so nothing is counted twice, and nothing runs in between.
internal static class QuiescentMeter
{
    // From the fastest grace period to beyond the default stall timeout.
    private static double[] Boundaries =>
    [
        1e-6, 2e-6, 5e-6, 10e-6, 20e-6, 50e-6, 100e-6, 200e-6, 500e-6,
        1e-3, 2e-3, 5e-3, 10e-3, 20e-3, 50e-3, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50,
    ];

    private static List<string>? s_published;
    private static Meter? s_meter;
    private static Histogram<double>? s_durations;
    private static bool s_isUnknown; // Which instruments exist. Making one twice would be worse than missing one.

    /// <summary>How long grace periods took; null where there are no meters, or not yet.</summary>
    public static Histogram<double>? Durations => TelemetryListeners.HasMeters ? Order.Acquire(in s_durations) : null;

    /// <summary>Makes the meter and its instruments, each by itself: a listener that fails at one sees the next. Called
    /// on one thread, and again if it failed: it then makes what is missing.</summary>
    /// <exception cref="OutOfMemoryException">Some are missing.</exception>
    public static void Publish()
    {
        string? version = typeof(QuiescentMeter).Assembly.GetName().Version?.ToString(3);
        if (s_meter is not null)
        {
            Find(s_meter);
        }

        Meter meter = s_meter ??= new(new MeterOptions(Telemetry.Name) { Version = version });
        PublishDurations(meter);
        PublishCounters(meter);
        PublishLevels(meter);
    }

    private static void PublishCounters(Meter meter)
    {
        // Reclaimed items before queued ones: collected in this order, the reclaimed never exceed the queued.
        Counter(
            meter,
            "quiescent.grace_periods",
            "{grace_period}",
            "Grace periods completed.",
            static books => books.GracePeriodsCompleted);
        Counter(meter, "quiescent.blocks.freed", "{block}", "Blocks freed.", static books => books.BlocksFreed);
        Counter(
            meter,
            "quiescent.blocks.queued",
            "{block}",
            "Blocks handed over to be freed.",
            static books => books.BlocksQueued);
        Counter(
            meter,
            "quiescent.callbacks.failed",
            "{callback}",
            "Callbacks that threw.",
            static books => books.CallbacksFailed);
        Counter(
            meter,
            "quiescent.callbacks.invoked",
            "{callback}",
            "Callbacks that have returned.",
            static books => books.CallbacksInvoked);
        Counter(
            meter,
            "quiescent.callbacks.queued",
            "{callback}",
            "Callbacks queued.",
            static books => books.CallbacksQueued);
        Counter(
            meter, "quiescent.stalls", "{stall}", "Reports of stalls, repeats included.", static books => books.Stalls);
        Counter(
            meter,
            "quiescent.readers.abandoned",
            "{reader}",
            "Readers that ended with a section open.",
            static books => books.ReadersAbandoned);
    }

    private static void PublishLevels(Meter meter)
    {
        Level(meter, "quiescent.backlog", "{item}", "What waits to be freed or called.", static (domain, all) =>
        {
            RcuStatistics books = domain.ReadStatistics();
            all.Add(new(books.BlocksWaiting, domain.OfBlocks));
            all.Add(new(books.CallbacksWaiting, domain.OfCallbacks));
        });
        Level(
            meter,
            "quiescent.backlog.limit",
            "{item}",
            "The backlog above which queueing pays.",
            static (domain, all) => all.Add(new(domain.BacklogLimit, domain.Tags)));
        Level(
            meter,
            "quiescent.backlog.size",
            "By",
            "The bytes of what waits, as far as they are known.",
            static (domain, all) => all.Add(new(domain.ReadStatistics().BytesWaiting, domain.Tags)));
        Level(
            meter,
            "quiescent.backlog.size.limit",
            "By",
            "The bytes above which queueing pays.",
            static (domain, all) => all.Add(new(domain.BacklogBytesLimit, domain.Tags)));
        Level(meter, "quiescent.reader.slots", "{slot}", "Slots of the threads that read or queue.", ReadSlots);
        Level(meter, "quiescent.pages", "{page}", "Pages of block pointers in use, of 4 KiB.", static (domain, all) =>
            all.Add(new(domain.ReadStatistics().PagesInUse, domain.Tags)));
        Level(
            meter,
            "quiescent.sections.open",
            "{section}",
            "Sections begun and not ended, about, of sleepable domains.",
            ReadOpenSections);
    }

    private static void ReadSlots(DomainInstruments domain, List<Measurement<long>> all)
    {
        RcuStatistics books = domain.ReadStatistics();
        all.Add(new(books.ReaderSlotsInUse, domain.OfUsedSlots));
        all.Add(new(Math.Max(0, books.ReaderSlots - books.ReaderSlotsInUse), domain.OfFreeSlots));
    }

    private static void ReadOpenSections(DomainInstruments domain, List<Measurement<long>> all)
    {
        if (domain.OpenSections is { } open)
        {
            all.Add(new(open, domain.Tags));
        }
    }

    private static void PublishDurations(Meter meter)
    {
        const string Name = "quiescent.grace_period.duration";
        InstrumentAdvice<double> advice = new() { HistogramBucketBoundaries = Boundaries };
        Make(Name, () => Order.Release(
            ref s_durations,
            meter.CreateHistogram(Name, "s", "How long grace periods took.", tags: null, advice)));
        if (s_durations is null)
        {
            Find(meter); // A listener threw. The instrument exists all the same.
        }

        if (Durations is { } durations)
        {
            TelemetryListeners.Add(durations);
        }
    }

    // What exists already, of which an exception does not tell: it may be a listener's.
    private static void Find(Meter meter)
    {
        s_published ??= [];
        if (RuntimeFeature.IsDynamicCodeSupported)
        {
            FindByListening(meter);
        }
        else
        {
            FindInField(meter);
        }
    }

    private static void FindByListening(Meter meter)
    {
        using MeterListener finder = new()
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter == meter)
                {
                    Add(instrument);
                }
            },
        };
        finder.Start();
    }

    private static void FindInField(Meter meter)
    {
        if (MeterInstruments.Of(meter) is not { } instruments)
        {
            s_isUnknown = true; // Durations are not measured, if a listener threw when it saw the histogram.
            return;
        }

        for (int i = 0; i < instruments.Count; i++)
        {
            Add(instruments[i]); // By index: a listener may add to the list.
        }
    }

    private static void Add(Instrument instrument)
    {
        if (!s_published!.Contains(instrument.Name))
        {
            s_published.Add(instrument.Name);
        }

        s_durations = instrument as Histogram<double> ?? s_durations;
    }

    private static void Make(string name, Action make)
    {
        if (!s_isUnknown && s_published?.Contains(name) != true)
        {
            FaultInjection.ThrowIfDue(FaultSite.Telemetry);
            Telemetry.AttemptInMemory(make);
        }
    }

    private static void Counter(
        Meter meter, string name, string unit, string description, Func<RcuStatistics, long> read) =>
        Make(name, () => meter.CreateObservableCounter(
            name,
            () => DomainInstruments.Collect((domain, all) => all.Add(new(read(domain.ReadStatistics()), domain.Tags))),
            unit,
            description));

    private static void Level(
        Meter meter,
        string name,
        string unit,
        string description,
        Action<DomainInstruments, List<Measurement<long>>> read) =>
        Make(name, () =>
            meter.CreateObservableUpDownCounter(name, () => DomainInstruments.Collect(read), unit, description));
}
