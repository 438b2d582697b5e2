using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

// Closing cannot fail, whatever the library runs out of, and however much waits. An exception of a release is an event.
public sealed class FailureTests
{
    public static MatrixTheoryData<string, Failing> All => Failures.All;

    // On new threads, whose first contact with the domain it is, and on one that the domain knows.
    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(All))]
    public void Closing_needs_no_memory(string place, Failing failing)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);
        foreach ((ResourceKind kind, DomainKind domainKind) in Kinds.All.Select(row => row.Data))
        {
            if ((site == FaultSite.Ledger) != (domainKind is DomainKind.Validating or DomainKind.ValidatingSrcu))
            {
                continue;
            }

            using GracePeriodDomain domain = Kinds.New(domainKind);
            TestResource[] resources = [.. Enumerable.Range(0, 4).Select(_ => Kinds.New(kind, domain))];
            using (Visitor visitor = new(domain))
            {
                Array.ForEach(resources, visitor.Look);
                using (new Failures(site, failing))
                {
                    Worker.Run(() =>
                    {
                        resources[0].Close();
                        resources[1].Close();
                    });
                    resources[2].Close();
                    resources[3].Close();
                }

                Array.ForEach(resources, visitor.LookAgain);
            }

            domain.Barrier(); // Starts the reclaimer if that had failed.
            Until.True(() => Array.TrueForAll(resources, resource => resource.Releases.Count != 0));
            RcuAssert.BooksBalance(domain);
            Assert.All(resources, resource => Assert.Equal(1, resource.Releases.Count));
        }
    }

    // What was made before the failure is given back, except what still is the caller's.
    [Theory]
    [MemberData(nameof(All))]
    public void A_resource_that_finds_no_memory_when_it_is_made_leaves_nothing_behind(string place, Failing failing)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);
        using RcuDomain domain = new(new RcuDomainOptions { Validate = site == FaultSite.Ledger });
        List<TestResource> made = [];
        string path = Mapping.NewFile();
        Releases owners = new();
        bool isReferred = false;
        using (new Failures(site, failing))
        {
            foreach (ResourceKind kind in Enum.GetValues<ResourceKind>())
            {
                Try(() => made.Add(Kinds.New(kind, domain)));
            }

            Try(() => new RcuMemoryMappedFile(path, domain).Dispose());
            Try(() =>
            {
                using RcuMemoryManager<int> memory = Refer(domain, owners);
                isReferred = true;
            });
        }

        made.ForEach(resource => resource.Close());
        RcuAssert.BooksBalance(domain);
        Until.True(() => made.TrueForAll(resource => resource.Releases.Count == 1));
        Until.True(() => !Mapping.IsMapped(path));
        Assert.Equal(isReferred ? 1 : 0, owners.Count);

        static void Try(Action make)
        {
            try
            {
                make();
            }
            catch (OutOfMemoryException)
            {
                // The other permitted outcome.
            }
        }
    }

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Kinds.All), MemberType = typeof(Kinds))]
    public void Closing_is_not_refused_beyond_the_backlog_limit(ResourceKind kind, DomainKind domainKind)
    {
        const int Many = 60;
        using GracePeriodDomain domain = Kinds.New(
            domainKind, new RcuDomainOptions { BacklogLimit = 4, BacklogPolicy = BacklogPolicy.Throw });
        TestResource[] resources = [.. Enumerable.Range(0, Many).Select(_ => Kinds.New(kind, domain))];
        using (Visitor visitor = new(domain))
        {
            Array.ForEach(resources, resource => resource.Close());
            visitor.LookAgain(resources[^1]);
            Assert.All(resources, resource => Assert.Equal(0, resource.Releases.Count));
        }

        Until.True(() => Array.TrueForAll(resources, resource => resource.Releases.Count != 0));
        RcuAssert.BooksBalance(domain);
        Assert.All(resources, resource => Assert.Equal(1, resource.Releases.Count));
    }

    [Theory]
    [MemberData(nameof(Kinds.Resources), MemberType = typeof(Kinds))]
    public void A_reader_that_closes_beyond_the_limit_does_not_wait_for_itself(ResourceKind kind)
    {
        const int Many = 60;
        using RcuDomain domain = new(new RcuDomainOptions { BacklogLimit = 4, BacklogPolicy = BacklogPolicy.Block });
        TestResource[] resources = [.. Enumerable.Range(0, Many).Select(_ => Kinds.New(kind, domain))];
        Worker.Run(() =>
        {
            using ReadGuard guard = domain.ReadLock();
            Array.ForEach(resources, resource => resource.Close());
            Assert.Equal(0, resources[0].Releases.Count);
        });
        Until.True(() => Array.TrueForAll(resources, resource => resource.Releases.Count != 0));
        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [MemberData(nameof(Kinds.Domains), MemberType = typeof(Kinds))]
    public unsafe void An_exception_of_a_release_is_an_event_and_stops_no_other_release(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        List<Exception> failures = [];
        domain.CallbackFailed += (_, e) => failures.Add(e.Exception);
        Releases releases = new();
        using (Visitor visitor = new(domain))
        {
            for (int i = 0; i < 3; i++)
            {
                new RcuReference<Disposable>(new Throwing(releases), domain).Dispose();
                using (RcuMemoryManager<int> memory = new((int*)64, 1, new Throwing(releases), domain))
                {
                }

                new ThrowingHandle(releases, domain).Dispose();
                new RcuReference<Disposable>(new Disposable(releases), domain).Dispose();
            }

            Assert.Equal(0, releases.Count);
        }

        Until.True(() => releases.Count == 12);
        RcuAssert.AllReclaimed(domain);
        Assert.Equal((12, 9, 9L), (releases.Count, failures.Count, domain.GetStatistics().CallbacksFailed));
        Assert.All(failures, failure => Assert.IsType<NotSupportedException>(failure));
    }

    private static unsafe RcuMemoryManager<int> Refer(GracePeriodDomain domain, Releases releases) =>
        new((int*)64, 1, new Disposable(releases), domain);

    private sealed class Throwing(Releases releases) : Disposable(releases)
    {
        public override void Dispose()
        {
            base.Dispose();
            throw new NotSupportedException("A disposal that fails.");
        }
    }

    private sealed class ThrowingHandle : RcuSafeHandle
    {
        private readonly Releases _releases;

        public ThrowingHandle(Releases releases, GracePeriodDomain domain)
            : base(0, ownsHandle: true, domain)
        {
            _releases = releases;
            SetHandle(1);
        }

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            _releases.Add();
            throw new NotSupportedException("A release that fails.");
        }
    }
}
