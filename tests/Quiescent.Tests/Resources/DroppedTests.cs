using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

// Resources that nobody closes. A reader needs only what it has dereferenced, which the garbage collector does not see:
// so their finalizers have to wait for a grace period as well.
public sealed class DroppedTests
{
    private const int Several = 20;

    public static MatrixTheoryData<ResourceKind, DomainKind> All => Kinds.Finalized;

    // Faults caught: a finalizer that releases, and one that waits for readers itself.
    [Theory]
    [MemberData(nameof(All))]
    public void A_resource_dropped_under_a_reader_is_released_after_its_section(
        ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        using Visitor visitor = new(domain);
        Releases releases = Drop(kind, domain, visitor.Look);
        for (int i = 0; i < 3; i++)
        {
            Garbage.Collect();
            steps.Advance();
            Assert.Equal(0, releases.Count);
        }

        visitor.Leave();
        MustBeReleased(releases, steps.Advance);
        RcuAssert.BooksConsistent(domain);
    }

    // Nobody but the finalizer thread has ever queued anything here.
    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(All))]
    public void A_resource_dropped_together_with_its_domain_is_released(ResourceKind kind, DomainKind domainKind)
    {
        Releases[] releases = DropWithDomain(kind, domainKind);
        MustAllBeReleased(releases);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_resource_dropped_after_its_domain_s_disposal_is_released(ResourceKind kind, DomainKind domainKind)
    {
        GracePeriodDomain domain = Kinds.New(domainKind);
        Releases releases = Drop(kind, domain, _ => domain.Dispose());
        MustBeReleased(releases);
    }

    // A disposed domain ends no section: its readers may still be inside.
    [Theory]
    [MemberData(nameof(All))]
    public void A_resource_dropped_after_its_domain_s_disposal_is_not_released_under_a_section_from_before(
        ResourceKind kind, DomainKind domainKind)
    {
        GracePeriodDomain domain = Kinds.New(domainKind);
        using Visitor visitor = new(domain);
        Releases releases = Drop(kind, domain, resource =>
        {
            visitor.Look(resource);
            domain.Dispose();
        });
        for (int i = 0; i < 3; i++)
        {
            Garbage.Collect();
            Assert.Equal(0, releases.Count);
        }

        visitor.Leave();
        MustBeReleased(releases);
    }

    // Dropped with the release under way, and after it.
    [Theory]
    [MemberData(nameof(All))]
    public void A_resource_closed_and_dropped_is_released_once(ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        using Visitor visitor = new(domain);
        Releases releases = Drop(kind, domain, resource =>
        {
            visitor.Look(resource);
            resource.Close();
        });
        Garbage.Collect();
        steps.Advance();
        Assert.Equal(0, releases.Count);
        visitor.Leave();
        MustBeReleased(releases, steps.Advance);
    }

    // Everybody shares the finalizer thread: it must not wait for a reader, whatever the domain's policy does to
    // others.
    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(ResourceKind.Handle, BacklogPolicy.Block)]
    [InlineData(ResourceKind.Memory, BacklogPolicy.Block)]
    [InlineData(ResourceKind.File, BacklogPolicy.Block)]
    [InlineData(ResourceKind.Handle, BacklogPolicy.Throw)]
    [InlineData(ResourceKind.Memory, BacklogPolicy.Throw)]
    [InlineData(ResourceKind.File, BacklogPolicy.Throw)]
    public void A_finalizer_neither_waits_nor_fails_beyond_the_backlog_limit(ResourceKind kind, BacklogPolicy policy)
    {
        const int Many = 200;
        using RcuDomain domain = new(new RcuDomainOptions { BacklogLimit = 4, BacklogPolicy = policy });
        List<Releases> dropped = [];
        using (Visitor visitor = new(domain))
        {
            for (int i = 0; i < Many; i++)
            {
                dropped.Add(Drop(kind, domain, static _ => { }));
            }

            Task collection = Task.Run(Garbage.Collect, TestContext.Current.CancellationToken);
            Until.Done(collection);
            Assert.All(dropped, releases => Assert.Equal(0, releases.Count));
        }

        Until.True(() =>
        {
            Garbage.Collect();
            return dropped.TrueForAll(releases => releases.Count != 0);
        });
        RcuAssert.BooksBalance(domain);
        Assert.All(dropped, releases => Assert.Equal(1, releases.Count));
    }

    // An exception of a finalizer ends the process.
    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Failures.All), MemberType = typeof(Failures))]
    public void A_finalizer_that_finds_no_memory_loses_nothing(string place, Failing failing)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);
        foreach (ResourceKind kind in new[] { ResourceKind.Handle, ResourceKind.Memory, ResourceKind.File })
        {
            using RcuDomain domain = new(new RcuDomainOptions { Validate = site == FaultSite.Ledger });
            List<Releases> dropped = [];
            using (Visitor visitor = new(domain))
            {
                for (int i = 0; i < 3; i++)
                {
                    dropped.Add(Drop(kind, domain, visitor.Look));
                }

                using (new Failures(site, failing))
                {
                    Garbage.Collect();
                    Assert.All(dropped, releases => Assert.Equal(0, releases.Count));
                }
            }

            MustAllBeReleased(dropped, domain.Barrier); // Starts the reclaimer, where that had failed.
        }
    }

    // The finalizer of an object whose constructor threw runs as well, and finds it half made. Its exception would end
    // the process.
    [Fact]
    public void A_resource_that_could_not_be_made_has_nothing_to_release()
    {
        using RcuDomain domain = new();
        Releases releases = new();
        for (int i = 0; i < 20; i++)
        {
            Refuse(domain, releases);
        }

        Garbage.Collect();
        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, releases.Count);
    }

    private static void MustBeReleased(Releases releases, Action? meanwhile = null) =>
        MustAllBeReleased([releases], meanwhile);

    // All together, as a collection takes long.
    private static void MustAllBeReleased(IReadOnlyCollection<Releases> dropped, Action? meanwhile = null)
    {
        Until.True(() =>
        {
            Garbage.Collect();
            meanwhile?.Invoke();
            return dropped.All(static releases => releases.Count != 0);
        });
        Garbage.Collect();
        meanwhile?.Invoke();
        Garbage.Collect();
        Assert.All(dropped, static releases => Assert.Equal(1, releases.Count));
    }

    // Not inlined, so that no register keeps the resource.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Releases Drop(ResourceKind kind, GracePeriodDomain domain, Action<TestResource> before)
    {
        TestResource resource = Kinds.New(kind, domain);
        before(resource);
        return resource.Releases;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Releases[] DropWithDomain(ResourceKind kind, DomainKind domainKind) =>
        [.. Enumerable.Range(0, Several).Select(_ => Drop(kind, Kinds.New(domainKind), static _ => { }))];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe void Refuse(RcuDomain domain, Releases releases)
    {
        Assert.ThrowsAny<ArgumentException>(() => new RcuMemoryManager<int>(null, 1, new Disposable(releases), domain));
        Assert.ThrowsAny<ArgumentException>(
            () => new RcuMemoryManager<int>((int*)64, -1, new Disposable(releases), domain));
        Assert.ThrowsAny<ArgumentException>(() => new RcuMemoryManager<int>(-1, domain));
        Assert.ThrowsAny<FileNotFoundException>(() => new RcuMemoryMappedFile(Mapping.NewPath(), domain));
        Assert.ThrowsAny<ArgumentException>(() => new RcuArrayPool<int>(domain, -1));
    }
}
