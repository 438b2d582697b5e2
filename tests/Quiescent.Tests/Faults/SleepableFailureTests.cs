using Quiescent.Ordering;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// A sleepable section begins, or is refused with nothing announced, recorded or lost. Each thread is new, so that its
// first section asks for tickets, and opens more sections at once than its first batch of tickets allows. Faults
// caught: a section announced although its entry threw, which no one would ever end; tickets handed out twice after a
// batch that was cut short.
public sealed class SleepableFailureTests
{
    private const int Sections = 300;

    public static MatrixTheoryData<string, Failing> Rows => Failures.At(FaultSite.Ticket, FaultSite.Ledger);

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_sleepable_section_begins_or_is_refused_whole(string place, Failing failing)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);
        using SrcuDomain domain = new(new RcuDomainOptions { Validate = site == FaultSite.Ledger });
        int failed;
        using EmptyTicketStore store = new();
        using (Failures failures = new(site, failing))
        {
            Worker.Run(() => TakeAndRelease(domain, mayFail: true));
            failed = failures.Failed;
        }

        Assert.True(failed > 0 || failing != Failing.Every, "The place was never reached.");
        Worker.Run(() => TakeAndRelease(domain, mayFail: false));
        domain.Synchronize();
    }

    private static void TakeAndRelease(SrcuDomain domain, bool mayFail)
    {
        List<SrcuReadLock> taken = [];
        for (int i = 0; i < Sections; i++)
        {
            try
            {
                taken.Add(domain.ReadLock());
            }
            catch (OutOfMemoryException) when (mayFail)
            {
            }
        }

        Assert.Equal(taken.Count, domain.OpenSections);
        Assert.Equal(taken.Count, taken.Distinct().Count());
        taken.ForEach(section => section.Dispose());
        Assert.Equal(0, domain.OpenSections);
        Assert.True(mayFail || taken.Count == Sections);
    }
}
