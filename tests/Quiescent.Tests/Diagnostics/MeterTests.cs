using System.Diagnostics.Metrics;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Diagnostics;

// The meter `Quiescent`: the instruments in the table of docs/diagnostics.md, measured against the statistics.
public class MeterTests
{
    private const string Name = "metered";

    [Fact]
    public void Each_instrument_has_its_kind_and_unit()
    {
        using HeardMeasurements heard = new();
        Assert.Equal(
            [
                "quiescent.backlog ObservableUpDownCounter {item}",
                "quiescent.backlog.limit ObservableUpDownCounter {item}",
                "quiescent.backlog.size ObservableUpDownCounter By",
                "quiescent.backlog.size.limit ObservableUpDownCounter By",
                "quiescent.blocks.freed ObservableCounter {block}",
                "quiescent.blocks.queued ObservableCounter {block}",
                "quiescent.callbacks.failed ObservableCounter {callback}",
                "quiescent.callbacks.invoked ObservableCounter {callback}",
                "quiescent.callbacks.queued ObservableCounter {callback}",
                "quiescent.grace_period.duration Histogram s",
                "quiescent.grace_periods ObservableCounter {grace_period}",
                "quiescent.pages ObservableUpDownCounter {page}",
                "quiescent.reader.slots ObservableUpDownCounter {slot}",
                "quiescent.readers.abandoned ObservableCounter {reader}",
                "quiescent.sections.open ObservableUpDownCounter {section}",
                "quiescent.stalls ObservableCounter {stall}",
            ],
            heard.Instruments.Select(static one => $"{one.Name} {one.GetType().Name.Split('`')[0]} {one.Unit}")
                .Order(StringComparer.Ordinal));
        Assert.All(heard.Instruments, static one => Assert.False(string.IsNullOrEmpty(one.Description)));
        Assert.All(
            heard.Instruments,
            static one => Assert.Equal(typeof(Rcu).Assembly.GetName().Version!.ToString(3), one.Meter.Version));
    }

    [Fact]
    public void Durations_are_advised_buckets_from_a_microsecond_to_most_of_a_minute()
    {
        using HeardMeasurements heard = new();
        Histogram<double> durations =
            Assert.IsType<Histogram<double>>(heard.Instruments.Single(static one => one is Histogram<double>));
        IReadOnlyList<double> boundaries = durations.Advice!.HistogramBucketBoundaries!;
        Assert.Equal((1e-6, 50), (boundaries[0], boundaries[^1]));
        Assert.Equal(boundaries.Order().Distinct(), boundaries);
    }

    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void Waiting_and_reclaimed_items_are_measured_where_they_belong(Form form)
    {
        using RcuDomain domain = Domains.New(name: Name);
        using HeardMeasurements heard = new();
        (string blocks, string callbacks) = ("quiescent.blocks", "quiescent.callbacks");
        (string mine, string others) = Forms.IsCallback(form) ? (callbacks, blocks) : (blocks, callbacks);
        (string kind, string otherKind) = Forms.IsCallback(form) ? ("callback", "block") : ("block", "callback");
        string reclaimed = Forms.IsCallback(form) ? "quiescent.callbacks.invoked" : "quiescent.blocks.freed";
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 3; i++)
            {
                Forms.Queue(domain, form);
            }

            Assert.Equal(3, heard.Collect($"{mine}.queued", Name));
            Assert.Equal(0, heard.Collect(reclaimed, Name));
            Assert.Equal(3, heard.Collect("quiescent.backlog", Name, kind));
        }

        domain.Barrier();
        Assert.Equal(3, heard.Collect(reclaimed, Name));
        Assert.Equal(0, heard.Collect("quiescent.backlog", Name));
        Assert.Equal(0, heard.Collect($"{others}.queued", Name) + heard.Collect("quiescent.backlog", Name, otherKind));
    }

    [Fact]
    public unsafe void The_bytes_that_wait_are_measured()
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = Name, BacklogBytesLimit = 54_321 });
        using HeardMeasurements heard = new();
        using (new ParkedReader(domain))
        {
            domain.Free(Forms.NewBlock(), 123);
            Assert.Equal(123, heard.Collect("quiescent.backlog.size", Name));
            Assert.Equal(54_321, heard.Collect("quiescent.backlog.size.limit", Name));
        }

        domain.Barrier();
        Assert.Equal(0, heard.Collect("quiescent.backlog.size", Name));
    }

    [Fact]
    public void All_counts_are_those_of_the_statistics()
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = Name, BacklogLimit = 12_345 });
        using HeardMeasurements heard = new();
        domain.CallbackFailed += static (_, _) => { };
        Worker.Run(() => domain.ReadLock(), "leaver");
        using ParkedReader reader = new(domain);
        Worker.Run(static () => { });
        domain.Call(static () => throw new InvalidOperationException());
        Forms.QueueAll(domain);
        reader.Release();
        domain.Barrier();
        domain.Synchronize();
        RcuStatistics books = domain.GetStatistics();
        Assert.Equal((1, 1), (books.CallbacksFailed, books.ReadersAbandoned));

        Assert.Equal(books.GracePeriodsCompleted, heard.Collect("quiescent.grace_periods", Name));
        Assert.Equal(books.BlocksQueued, heard.Collect("quiescent.blocks.queued", Name));
        Assert.Equal(books.CallbacksQueued, heard.Collect("quiescent.callbacks.queued", Name));
        Assert.Equal(1, heard.Collect("quiescent.callbacks.failed", Name));
        Assert.Equal(1, heard.Collect("quiescent.readers.abandoned", Name));
        Assert.Equal(12_345, heard.Collect("quiescent.backlog.limit", Name));
        Assert.Equal(books.ReaderSlotsInUse, heard.Collect("quiescent.reader.slots", Name, "used"));
        Assert.Equal(books.ReaderSlots, heard.Collect("quiescent.reader.slots", Name));
        Assert.Equal(books.PagesInUse, heard.Collect("quiescent.pages", Name));
        Assert.Equal(0, heard.Collect("quiescent.stalls", Name));
    }

    [Fact]
    public void Stalls_are_counted()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            Name = Name,
            StallTimeout = TimeSpan.FromMilliseconds(20),
        });
        using HeardMeasurements heard = new();
        using ParkedReader reader = new(domain);
        using Worker waiter = Worker.Start(domain.Synchronize);
        Until.True(() => heard.Collect("quiescent.stalls", Name) >= 1);
        reader.Release();
    }

    // Another domain of the same name has measurements of its own, distinguished by the number.
    [Fact]
    public void Two_domains_of_one_name_are_told_apart()
    {
        using RcuDomain one = Domains.New(name: Name);
        using RcuDomain other = Domains.New(name: Name);
        one.Synchronize();
        other.Synchronize();
        other.Synchronize();
        using HeardMeasurements heard = new();
        HeardMeasurement[] counts =
        [
            .. heard.Collect().Where(static one => one is { Name: "quiescent.grace_periods", DomainName: Name })
                .OrderBy(static one => one.DomainId),
        ];
        Assert.Equal([1, 2], counts.Select(static one => one.Value));
        Assert.True(counts[0].DomainId < counts[1].DomainId);
    }

    [Fact]
    public void Open_sections_are_measured_where_somebody_counts_them()
    {
        using SrcuDomain sleepable = new(new RcuDomainOptions { Name = Name });
        using RcuDomain domain = Domains.New(name: "not metered");
        using HeardMeasurements heard = new();
        using ReadGuard guard = domain.ReadLock();
        SrcuReadLock first = sleepable.ReadLock();
        SrcuReadLock second = sleepable.ReadLock();
        HeardMeasurement[] open = [.. heard.Collect().Where(static one => one.Name == "quiescent.sections.open")];
        first.Dispose();
        second.Dispose();
        Assert.Equal(2, open.Where(static one => one.DomainName == Name).Sum(static one => one.Value));
        Assert.DoesNotContain(open, static one => one.DomainName == "not metered");
        Assert.Equal(0, heard.Collect("quiescent.sections.open", Name));
    }

    [Fact]
    public void A_disposed_domain_is_gone()
    {
        using HeardMeasurements heard = new();
        RcuDomain domain = Domains.New(name: Name);
        Forms.QueueAll(domain);
        Assert.Contains(heard.Collect(), static one => one.DomainName == Name);
        domain.Dispose();
        Assert.DoesNotContain(heard.Collect(), static one => one.DomainName == Name);
    }

    [Fact]
    public void A_dropped_domain_is_collected_and_gone()
    {
        using HeardMeasurements heard = new();
        Worker.Run(() => Use(heard)); // On a thread that ends, so that no stack refers to it.
        Until.True(() =>
        {
            GC.Collect();
            return heard.Collect().All(static one => one.DomainName != Name);
        });

        static void Use(HeardMeasurements heard)
        {
            RcuDomain domain = Domains.New(name: Name);
            domain.Synchronize();
            Assert.Contains(heard.Collect(), static one => one.DomainName == Name);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_grace_period_is_one_duration(bool isSleepable)
    {
        using HeardMeasurements heard = new();
        using GracePeriodDomain domain = isSleepable
            ? new SrcuDomain(new RcuDomainOptions { Name = Name, ReadSideBarrier = ReadSideBarrier.Full })
            : Domains.New(name: Name);
        for (int i = 0; i < 100; i++)
        {
            domain.Synchronize();
        }

        HeardMeasurement[] durations =
            [.. heard.All.Where(static one => one is { Name: "quiescent.grace_period.duration", DomainName: Name })];
        Assert.Equal(100, domain.GetStatistics().GracePeriodsCompleted);
        Assert.Equal(100, durations.Length);
        GracePeriodDurations books = domain.GetStatistics().GracePeriods;
        Assert.InRange(
            durations.Max(static one => one.Value), books.Max.TotalSeconds - 1e-6, books.Max.TotalSeconds + 1e-6);
        Assert.InRange(
            durations.Min(static one => one.Value), books.Min.TotalSeconds - 1e-6, books.Min.TotalSeconds + 1e-6);
    }

    // A collection takes nobody's slot away and reports nothing: waiters do that.
    [Fact]
    public void Collecting_looks_for_no_dead_readers_and_raises_no_event()
    {
        using RcuDomain domain = Domains.New(name: Name);
        using HeardMeasurements heard = new();
        int raised = 0;
        domain.ReaderAbandoned += (_, _) => raised++;
        Worker.Run(() => domain.ReadLock(), "leaver");
        Assert.Equal(0, heard.Collect("quiescent.readers.abandoned", Name));
        Assert.Equal(1, heard.Collect("quiescent.reader.slots", Name, "used"));
        Assert.Equal(0, raised);
        domain.Synchronize();
        Assert.Equal(1, heard.Collect("quiescent.readers.abandoned", Name));
        Assert.Equal(1, raised);
    }
}
