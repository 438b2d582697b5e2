using System.Reflection;
using Quiescent.Tests.Support;
using Quiescent.Validate;

namespace Quiescent.Tests.Validation;

// Fault caught: two threads, each inside a section of one domain, that wait for the other's domain for ever.
public sealed class WaitOrderTests
{
    public static TheoryData<string, Action<RcuDomain>> Waits() => new()
    {
        { nameof(RcuDomain.Synchronize), static domain => domain.Synchronize() },
        { nameof(RcuDomain.Barrier), static domain => domain.Barrier() },
        { nameof(RcuDomain.Dispose), static domain => domain.Dispose() },
    };

    [Theory]
    [MemberData(nameof(Waits))]
    public void The_second_of_two_opposite_waits_is_refused_though_neither_ever_hung(
        string operation, Action<RcuDomain> wait)
    {
        using RcuDomain first = New("first");
        using RcuDomain second = New("second");
        WaitInside(first, second);

        InvalidOperationException? e = null;
        Worker.Run(() =>
        {
            using (second.ReadLock())
            {
                e = Assert.Throws<InvalidOperationException>(() => wait(first));
            }
        });

        Assert.StartsWith($"{operation} of domain 'first' was called inside a section of domain 'second'", e!.Message);
        Assert.Contains("of domain 'second' was called inside a section of domain 'first'", e.Message);
        Assert.Contains(nameof(WaitInside), e.Message);
        first.Synchronize(); // Nothing has changed.
    }

    [Fact]
    public void A_ring_of_three_is_found()
    {
        using RcuDomain a = New("a");
        using RcuDomain b = New("b");
        using RcuDomain c = New("c");
        WaitInside(a, b);
        WaitInside(b, c);
        Assert.Throws<InvalidOperationException>(() => WaitInside(c, a));
    }

    [Fact]
    public void Online_readers_count_as_inside()
    {
        using RcuDomain first = New("first");
        using RcuDomain second = New("second");
        WaitInside(first, second);
        Worker.Run(() =>
        {
            using RcuReader reader = second.RegisterReader();
            reader.GoOnline();
            Assert.Throws<InvalidOperationException>(first.Synchronize);
            reader.GoOffline();
            first.Synchronize();
        });
    }

    [Fact]
    public void Waits_in_one_order_are_allowed()
    {
        using RcuDomain a = New("a");
        using RcuDomain b = New("b");
        using RcuDomain c = New("c");
        for (int i = 0; i < 2; i++)
        {
            WaitInside(a, b);
            WaitInside(b, c);
            WaitInside(a, c);
        }
    }

    [Fact]
    public void A_domain_that_was_disposed_of_is_forgotten()
    {
        using RcuDomain first = New("first");
        using RcuDomain third = New("third");
        using (RcuDomain second = New("second"))
        {
            WaitInside(first, second);
            WaitInside(second, third);
        }

        WaitInside(third, first);
    }

    // Fault caught: a dropped domain's finalizer that runs out of memory, which ends the process.
    [Fact]
    public void A_domain_is_forgotten_without_memory()
    {
        FieldInfo waits = typeof(WaitOrder).GetField("s_waits", BindingFlags.NonPublic | BindingFlags.Static)!;
        using RcuDomain first = New("first");
        using RcuDomain second = New("second");
        long allocated = -1;
        for (int i = 0; i < 2; i++) // The first time compiles the code.
        {
            waits.SetValue(null, null);
            WaitInside(first, second);
            long before = GC.GetAllocatedBytesForCurrentThread();
            WaitOrder.Forget(first.Core.Id);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
        WaitInside(second, first);
    }

    private static void WaitInside(RcuDomain inside, RcuDomain waited)
    {
        using (inside.ReadLock())
        {
            waited.Synchronize();
        }
    }

    private static RcuDomain New(string name) => new(new RcuDomainOptions { Name = name, Validate = true });
}
