using Quiescent.Ordering;
using Quiescent.Sleepable;
using Quiescent.Torture.Litmus.GracePeriods;

namespace Quiescent.Torture.Litmus.Readers;

// Sections of SrcuDomain.ReadLock.
internal readonly unsafe struct SleepableSections(SrcuDomain domain) : ISections
{
    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        while (body.Next())
        {
            using SrcuReadLock section = domain.ReadLock();
            body.Inside(section.DereferencePointer(in *body.Pointer));
        }
    }

    public void Synchronize() => domain.Synchronize();
}

// The library's own scan with its fences, of sections that one thread counts by plain stores and so without a fence.
internal readonly unsafe struct PlainlyCountedSections : ISections
{
    private readonly Stripes _stripes = new();
    private readonly StripeScan _scan;

    public PlainlyCountedSections() => _scan = new StripeScan(_stripes, TicketStore.OfProcess);

    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        while (body.Next())
        {
            SectionCounts* counts = Stripes.Counts(_stripes.Memory, 0, Stripes.Index(_stripes.Memory));
            Order.Release(ref counts->Locks, counts->Locks + 1);
            body.Inside(body.Pointer->LoadProtected());
            Order.Release(ref counts->Unlocks, counts->Unlocks + 1);
        }

        GC.KeepAlive(_stripes);
    }

    public void Synchronize()
    {
        _scan.Begin();
        Order.Fence();
        while (!_scan.Scan(target: 0))
        {
            Thread.SpinWait(1);
        }
    }
}
