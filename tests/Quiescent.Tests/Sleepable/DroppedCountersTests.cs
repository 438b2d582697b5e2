using System.Runtime.CompilerServices;
using Quiescent.Sleepable;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Sleepable;

// Sleepable domains that the program drops without disposing of them: the memory of their counters.
public sealed class DroppedCountersTests
{
    private const int LooksAtLiveMemory = 3;

    private static SrcuDomain? s_found;

    // Fault caught: memory freed under a section that was left open when its domain was dropped, wherever it ends.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_section_keeps_the_counters_of_its_dropped_domain(bool validate)
    {
        (SrcuReadLock readLock, WeakReference<Stripes> stripes) = EnterAndDrop(validate);
        MustNotBeFreed(stripes);
        Worker.Run(readLock.Dispose);
        UntilFreed(stripes);
    }

    // Fault caught: memory freed, as no section was open, before a program's finalizer stores the domain where others
    // find it.
    [Fact]
    public void A_domain_that_a_finalizer_makes_reachable_again_can_be_used()
    {
        WeakReference<Stripes> stripes = DropFinder();
        Until.True(() =>
        {
            Garbage.Collect();
            return Volatile.Read(ref s_found) is not null;
        });
        MustNotBeFreed(stripes);
        UseFound();
        UntilFreed(stripes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (SrcuReadLock Lock, WeakReference<Stripes> Stripes) EnterAndDrop(bool validate)
    {
        SrcuDomain domain = new(new RcuDomainOptions { Validate = validate });
        return (domain.ReadLock(), StripesOf(domain));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<Stripes> DropFinder()
    {
        SrcuDomain domain = new();
        _ = new Finder(domain);
        return StripesOf(domain);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UseFound()
    {
        SrcuDomain domain = Interlocked.Exchange(ref s_found, null)!;
        domain.ReadLock().Dispose();
        domain.Synchronize();
        Assert.Equal(0, domain.OpenSections);
    }

    private static WeakReference<Stripes> StripesOf(SrcuDomain domain) =>
        new(StripesField(domain), trackResurrection: true);

    private static void MustNotBeFreed(WeakReference<Stripes> stripes)
    {
        for (int i = 0; i < LooksAtLiveMemory; i++)
        {
            Garbage.Collect();
            Assert.False(IsFreed(stripes));
        }
    }

    private static void UntilFreed(WeakReference<Stripes> stripes) => Until.True(() =>
    {
        Garbage.Collect();
        return IsFreed(stripes);
    });

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe bool IsFreed(WeakReference<Stripes> stripes) =>
        !stripes.TryGetTarget(out Stripes? target) || target.Memory == null;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_stripes")]
    private static extern ref Stripes StripesField(SrcuDomain domain);

    private sealed class Finder(SrcuDomain domain)
    {
        ~Finder() => Volatile.Write(ref s_found, domain);
    }
}
