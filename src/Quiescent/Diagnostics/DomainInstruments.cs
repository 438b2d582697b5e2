using System.Diagnostics.Metrics;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Reclamation;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Quiescent.Diagnostics;

// One domain as the meter sees it: its statistics, read on collection, and the attributes of its measurements. It
// belongs to the domain and goes with it: the list of all keeps none alive. Reading takes the same short locks as
// GetStatistics does, but looks for no ended threads and raises no event, so collecting changes nothing.
internal sealed class DomainInstruments
{
    private const string Kind = "quiescent.item.kind";
    private const string State = "quiescent.slot.state";

    private static WeakList<DomainInstruments>? s_all;

    private readonly GracePeriodEngine _engine;
    private readonly Func<RcuStatistics> _readStatistics;
    private WeakReference<DomainInstruments>? _place;

    private DomainInstruments(DomainCore core, Func<RcuStatistics> readStatistics)
    {
        _engine = core.Engine;
        _readStatistics = readStatistics;
        BacklogLimit = core.Backlog.Items.Limit;
        BacklogBytesLimit = core.Backlog.Bytes.Limit;
        Tags = [new("quiescent.domain.name", core.Options.Name), new("quiescent.domain.id", core.Id)];
        OfBlocks = [.. Tags, new(Kind, "block")];
        OfCallbacks = [.. Tags, new(Kind, "callback")];
        OfUsedSlots = [.. Tags, new(State, "used")];
        OfFreeSlots = [.. Tags, new(State, "free")];
    }

    public long BacklogLimit { get; }

    public long BacklogBytesLimit { get; }

    /// <summary>Roughly how many sections are open; null where nothing counts them.</summary>
    public long? OpenSections => _engine.OpenSections;

    /// <summary>The attributes of every measurement; the properties below add one more.</summary>
    public Tag[] Tags { get; }

    public Tag[] OfBlocks { get; }

    public Tag[] OfCallbacks { get; }

    public Tag[] OfUsedSlots { get; }

    public Tag[] OfFreeSlots { get; }

    /// <summary>From here on the domain is collected, until <see cref="Close"/>. Null where there are no
    /// meters.</summary>
    public static DomainInstruments? Open(DomainCore core, Func<RcuStatistics> readStatistics)
    {
        if (!TelemetryListeners.HasMeters)
        {
            return null;
        }

        DomainInstruments figures = new(core, readStatistics);
        figures._place = Live.Add(figures);
        return figures;
    }

    /// <summary>Collects one instrument over all domains. The list is complete before a listener sees it, since a
    /// listener may dispose of domains.</summary>
    public static List<Measurement<long>> Collect(Action<DomainInstruments, List<Measurement<long>>> read)
    {
        List<Measurement<long>> all = [];
        foreach (DomainInstruments domain in Live.All())
        {
            read(domain, all);
        }

        return all;
    }

    public RcuStatistics ReadStatistics() => _readStatistics();

    public void Close() => Live.Remove(_place!);

    private static WeakList<DomainInstruments> Live => Order.Acquire(in s_all) ?? Once.Keep(ref s_all, new());
}
