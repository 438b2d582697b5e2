using Quiescent.Ordering;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

// What closing promises, alike for each resource in each kind of domain: at once, once, and not under a reader.
public sealed class ClosingTests
{
    public static MatrixTheoryData<ResourceKind, DomainKind> All => Kinds.All;

    // The reader dereferences before and after: every resource that it finds must be open. Faults caught: a release
    // that does not wait, that waits for a grace period of another domain, or for one that began before the close.
    [Theory]
    [MemberData(nameof(All))]
    public void A_closed_resource_is_released_when_the_sections_from_before_have_ended(
        ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        TestResource resource = Kinds.New(kind, domain);
        using Visitor visitor = new(domain);
        visitor.Look(resource);
        resource.Close();
        steps.Advance();
        Assert.Equal(0, resource.Releases.Count);
        visitor.LookAgain(resource);
        steps.Advance();
        visitor.LookAgain(resource);
        visitor.Leave();
        steps.Advance();
        Assert.Equal(1, resource.Releases.Count);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Without_readers_it_is_released_by_grace_periods_alone(ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        TestResource resource = Kinds.New(kind, domain);
        resource.Close();
        Assert.Equal(0, resource.Releases.Count);
        steps.Advance();
        Assert.Equal(1, resource.Releases.Count);
    }

    // The reader's section begins after the resource was closed and after the start of the grace period that covers the
    // close, which therefore does not wait for the reader. The reader may find the resource closed; if it finds it
    // open, the resource must stay open for this reader too.
    [Theory]
    [MemberData(nameof(All))]
    public void A_section_from_after_the_close_finds_it_closed_or_is_waited_for(
        ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        TestResource resource = Kinds.New(kind, domain);
        using Visitor early = new(domain);
        early.Look(resource);
        resource.Close();
        Assert.False(steps.TryAdvance());
        using Visitor late = new(domain);
        bool found = Finds(late, resource);
        early.Leave();
        steps.TryAdvance();
        found |= Finds(late, resource);
        steps.Advance();
        if (found)
        {
            Assert.True(
                resource.Releases.Count == 0, "The resource was released under a reader that had dereferenced it.");
        }

        late.Leave();
        steps.Advance();
        Assert.Equal(1, resource.Releases.Count);
    }

    // The same for sections that begin at each step of the way, one after the other, where the earlier ones leave.
    [Theory]
    [MemberData(nameof(All))]
    public void Sections_that_begin_at_any_step_of_the_release_find_it_closed_or_are_waited_for(
        ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        TestResource resource = Kinds.New(kind, domain);
        Queue<(Visitor Visitor, bool Found)> inside = [];
        Visitor first = new(domain);
        first.Look(resource);
        inside.Enqueue((first, true));
        resource.Close();
        int steady = 0;
        for (int i = 0; i < 12; i++)
        {
            steps.TryAdvance();
            if (inside.Any(one => one.Found))
            {
                Assert.True(
                    resource.Releases.Count == 0, "The resource was released under a reader that had dereferenced it.");
                steady++;
            }

            Visitor next = new(domain);
            inside.Enqueue((next, Finds(next, resource)));
            if (inside.Count > 2)
            {
                inside.Dequeue().Visitor.Dispose();
            }
        }

        Assert.NotEqual(0, steady);
        while (inside.TryDequeue(out (Visitor Visitor, bool Found) one))
        {
            one.Visitor.Dispose();
        }

        steps.Advance();
        Assert.Equal(1, resource.Releases.Count);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Once_released_a_dereference_throws(ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        TestResource resource = Kinds.New(kind, domain);
        resource.Close();
        steps.Advance();
        using Visitor visitor = new(domain);
        Assert.IsType<ObjectDisposedException>(visitor.TryLook(resource));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Closing_again_does_nothing(ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        TestResource resource = Kinds.New(kind, domain);
        resource.Close();
        resource.Close();
        steps.TryAdvance();
        resource.Close();
        steps.Advance();
        resource.Close();
        steps.Advance();
        Assert.Equal(1, resource.Releases.Count);
    }

    // Fault caught: a state that two threads read as open before either has closed it.
    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(All))]
    public void One_of_several_threads_that_close_it_at_once_does(ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        for (int i = 0; i < 20; i++)
        {
            TestResource resource = Kinds.New(kind, domain);
            using Barrier start = new(3);
            Worker.JoinAll(Worker.StartMany(3, _ =>
            {
                start.SignalAndWait(Until.Bound);
                resource.Close();
            }));
            Until.True(() => resource.Releases.Count != 0);
            RcuAssert.BooksBalance(domain);
            Assert.Equal(1, resource.Releases.Count);
        }
    }

    // It neither waits for itself nor ends the section.
    [Theory]
    [MemberData(nameof(All))]
    public void A_reader_may_close_what_it_reads(ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        TestResource resource = Kinds.New(kind, domain);
        using Visitor visitor = new(domain);
        visitor.Look(resource);
        visitor.Look(new Closing(resource));
        visitor.LookAgain(resource);
        Assert.Equal(0, resource.Releases.Count);
        visitor.Leave();
        Until.True(() => resource.Releases.Count != 0);
        RcuAssert.BooksBalance(domain);
        Assert.Equal(1, resource.Releases.Count);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_callback_may_close(ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        TestResource resource = Kinds.New(kind, domain);
        domain.Call(resource.Close);
        domain.Barrier();
        Until.True(() => resource.Releases.Count != 0);
        RcuAssert.BooksBalance(domain);
        Assert.Equal((1, 0L), (resource.Releases.Count, domain.GetStatistics().CallbacksFailed));
    }

    // Above the limit a close may have to pause. The interrupt is meant for the thread's next wait.
    [Theory]
    [MemberData(nameof(All))]
    public void A_thread_that_was_interrupted_closes_and_is_interrupted_still(ResourceKind kind, DomainKind domainKind)
    {
        FakeClock clock = new() { Sleeping = static () => Backoff.SleepUninterrupted(1) };
        using GracePeriodDomain domain =
            Kinds.New(domainKind, new RcuDomainOptions { BacklogLimit = 40, Clock = clock });
        TestResource[] resources = [.. Enumerable.Range(0, 60).Select(_ => Kinds.New(kind, domain))];
        using (new Visitor(domain))
        {
            Worker.Run(() =>
            {
                Thread.CurrentThread.Interrupt();
                Array.ForEach(resources, resource => resource.Close());
                Assert.NotEqual(0, clock.Slept);
                Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(1));
            });
        }

        Until.True(() => Array.TrueForAll(resources, resource => resource.Releases.Count == 1));
        RcuAssert.BooksBalance(domain);
    }

    // The domain's own disposal runs the pending releases, and waits for the readers that they wait for. (A resource
    // that was used after its close waits for another grace period, beyond the disposal.)
    [Theory]
    [MemberData(nameof(All))]
    public void The_domain_s_disposal_releases_resources_closed_before(ResourceKind kind, DomainKind domainKind)
    {
        GracePeriodDomain domain = Kinds.New(domainKind);
        TestResource resource = Kinds.New(kind, domain);
        using Visitor visitor = new(domain);
        visitor.Look(resource);
        resource.Close();
        Worker disposal = Worker.Start(domain.Dispose);
        Until.True(() => disposal.IsWaiting || disposal.HasEnded);
        Assert.Equal(0, resource.Releases.Count);
        visitor.Leave();
        disposal.Join();
        Assert.Equal(1, resource.Releases.Count);
    }

    // A disposed domain ends no section: a reader whose section began before goes on.
    [Theory]
    [MemberData(nameof(All))]
    public void After_the_domain_s_disposal_a_close_still_waits_for_its_readers(
        ResourceKind kind, DomainKind domainKind)
    {
        GracePeriodDomain domain = Kinds.New(domainKind);
        TestResource resource = Kinds.New(kind, domain);
        TestResource unread = Kinds.New(kind, domain);
        using Visitor visitor = new(domain);
        visitor.Look(resource);
        domain.Dispose();
        visitor.Look(resource);
        resource.Close();
        visitor.LookAgain(resource);
        resource.Close();
        Assert.Equal(0, resource.Releases.Count);
        visitor.Leave();
        Until.True(() => resource.Releases.Count != 0);
        unread.Close();
        Until.True(() => unread.Releases.Count != 0);
        Assert.Equal((1, 1), (resource.Releases.Count, unread.Releases.Count));
    }

    // One section that does not end must not take the whole program's pool with it.
    [Theory]
    [MemberData(nameof(Kinds.Resources), MemberType = typeof(Kinds))]
    public void Closes_that_wait_after_the_domain_s_disposal_leave_the_thread_pool_to_others(ResourceKind kind)
    {
        const int Many = 300;
        RcuDomain domain = new();
        TestResource[] resources = [.. Enumerable.Range(0, Many).Select(_ => Kinds.New(kind, domain))];
        using Visitor visitor = new(domain);
        domain.Dispose();
        Array.ForEach(resources, resource => resource.Close());
        Until.Done(Task.Run(static () => { }, TestContext.Current.CancellationToken));
        Assert.All(resources, resource => Assert.Equal(0, resource.Releases.Count));
        visitor.Leave();
        Until.True(() => Array.TrueForAll(resources, resource => resource.Releases.Count != 0));
    }

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(All))]
    public void Closing_while_the_domain_is_disposed_of_releases_once(ResourceKind kind, DomainKind domainKind)
    {
        for (int i = 0; i < 15; i++)
        {
            GracePeriodDomain domain = Kinds.New(domainKind);
            TestResource[] resources = [.. Enumerable.Range(0, 10).Select(_ => Kinds.New(kind, domain))];
            using Barrier start = new(2);
            Worker closer = Worker.Start(() =>
            {
                start.SignalAndWait(Until.Bound);
                Array.ForEach(resources, resource => resource.Close());
            });
            start.SignalAndWait(TestContext.Current.CancellationToken);
            domain.Dispose();
            closer.Join();
            Until.True(() => Array.TrueForAll(resources, resource => resource.Releases.Count != 0));
            Assert.All(resources, resource => Assert.Equal(1, resource.Releases.Count));
            RcuAssert.BooksConsistent(domain);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds.Resources), MemberType = typeof(Kinds))]
    public void The_default_domain_is_taken_where_none_is_given(ResourceKind kind)
    {
        TestResource resource = Kinds.New(kind, domain: null);
        using (ReadGuard guard = Rcu.ReadLock())
        {
            resource.Look(in guard);
            resource.Close();
            Worker.Run(static () => Rcu.DefaultDomain.SynchronizeAsync().AsTask().Wait(0));
            Assert.Equal(0, resource.Releases.Count);
        }

        Until.True(() => resource.Releases.Count != 0);
        Rcu.Barrier();
        Assert.Equal(1, resource.Releases.Count);
    }

    private static bool Finds(Visitor visitor, TestResource resource)
    {
        Exception? failure = visitor.TryLook(resource);
        if (failure is not null)
        {
            Assert.IsType<ObjectDisposedException>(failure);
        }

        return failure is null;
    }

    // A reader's look that closes.
    private sealed class Closing(TestResource resource) : TestResource(resource.Releases)
    {
        public override void Close() => resource.Close();

        public override void Look(scoped ref readonly ReadGuard guard) => Close();

        public override void Look(scoped ref readonly OnlineReadGuard guard) => Close();

        public override void Look(SrcuReadLock section) => Close();
    }
}
