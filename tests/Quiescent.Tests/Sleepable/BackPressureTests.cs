using System.Runtime.InteropServices;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Sleepable;

public sealed unsafe class BackPressureTests
{
    // Nobody can know which thread's section it is: it may have begun on another thread. A wait for it would never end.
    [Theory]
    [InlineData(BacklogPolicy.Block)]
    [InlineData(BacklogPolicy.Throttle)]
    public void A_thread_that_frees_beyond_the_limit_inside_a_section_does_not_wait_for_it(BacklogPolicy policy)
    {
        FakeClock clock = new();
        RcuDomainOptions options = new() { BacklogPolicy = policy, BacklogLimit = 100, Clock = clock };
        using SrcuDomain domain = new(options);
        SrcuReadLock section = domain.ReadLock();
        Worker.Run(() =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                domain.Free(NativeMemory.Alloc(64));
            }
        });
        section.Dispose();
        Assert.InRange(clock.Slept, 16_500, 18_000); // 900 blocks above the limit, at 50 a second.
        domain.Barrier();
        Assert.Equal(1_000, domain.GetStatistics().BlocksFreed);
    }
}
