using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

public sealed class ArrayPoolEventTests
{
    // Nothing waits in the domain: no reclaimer runs that could report it.
    [Fact]
    public void Grace_periods_that_only_renting_drives_are_reported_too()
    {
        using RcuDomain domain = Domains.New(name: nameof(ArrayPoolEventTests));
        using HeardEvents heard = new(nameof(ArrayPoolEventTests));
        RcuArrayPool<byte> pool = new(domain, maxArraysPerBucket: 1);
        byte[] array = pool.Rent(100);
        pool.Return(array);
        Assert.Same(array, pool.Rent(100));
        heard.Await("GracePeriodStop");
    }
}
