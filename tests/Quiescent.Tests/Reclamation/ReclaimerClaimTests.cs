using Quiescent.Ordering;
using Quiescent.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public sealed class ReclaimerClaimTests
{
    // O8, O10: at most one thread has a domain's claim. Fault caught: two threads that consume one queue.
    [Fact]
    public void A_claim_is_one_thread_s_until_it_gives_it_up()
    {
        using RcuDomain domain = Domains.New();
        ReclaimerClaim claim = new(domain.Core, domain.Core.Reclaimer);
        Assert.True(claim.TryTake(new Signal()));
        Worker.Run(() => Assert.False(claim.TryTake(new Signal())));
        Assert.True(claim.IsCurrentThread);
    }
}
