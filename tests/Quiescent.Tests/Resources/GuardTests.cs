using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

// Which guards a resource may be dereferenced through. A guard of another domain protects nothing.
public sealed class GuardTests
{
    public static MatrixTheoryData<ResourceKind, DomainKind> All => Kinds.All;

    [Theory]
    [MemberData(nameof(All))]
    public void A_guard_of_another_domain_is_refused(ResourceKind kind, DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        TestResource resource = Kinds.New(kind, domain);
        foreach (DomainKind otherKind in Enum.GetValues<DomainKind>())
        {
            using GracePeriodDomain other = Kinds.New(otherKind);
            using Visitor visitor = new(other);
            Assert.IsType<ArgumentException>(visitor.TryLook(resource));
            TestResource own = Kinds.New(kind, other);
            visitor.Look(own);
            own.Close();
        }

        using (Visitor visitor = new(domain))
        {
            visitor.Look(resource);
        }

        resource.Close();
    }

    // A thread has a slot in each domain that it reads in. A dereference through one must not be taken for one through
    // the other.
    [Theory]
    [MemberData(nameof(Kinds.Resources), MemberType = typeof(Kinds))]
    public void Nor_is_one_accepted_while_the_thread_reads_in_both(ResourceKind kind)
    {
        using RcuDomain domain = new();
        using RcuDomain other = new();
        TestResource resource = Kinds.New(kind, domain);
        using ReadGuard right = domain.ReadLock();
        using (ReadGuard wrong = other.ReadLock())
        {
            using ReadGuard inner = domain.ReadLock();
            resource.Look(in right);
            resource.Look(in inner);
            Assert.True(IsRefused(resource, in wrong));
        }

        resource.Close();
    }

    [Theory]
    [MemberData(nameof(Kinds.Resources), MemberType = typeof(Kinds))]
    public void The_default_domain_s_guard_is_no_other_domain_s(ResourceKind kind)
    {
        using RcuDomain domain = new();
        TestResource resource = Kinds.New(kind, domain);
        TestResource common = Kinds.New(kind, domain: null);
        using ReadGuard guard = Rcu.ReadLock();
        common.Look(in guard);
        Assert.True(IsRefused(resource, in guard));
        resource.Close();
        common.Close();
    }

    // Sections of an online reader are free, and their guards are empty: they name no domain.
    [Theory]
    [InlineData(ResourceKind.Handle)]
    [InlineData(ResourceKind.Reference)]
    [InlineData(ResourceKind.Memory)]
    [InlineData(ResourceKind.File)]
    public void An_online_reader_and_a_registered_one_dereference_and_are_waited_for(ResourceKind kind)
    {
        foreach (DomainKind domainKind in new[] { DomainKind.Rcu, DomainKind.Full, DomainKind.Validating })
        {
            foreach (ParkedReaderKind readerKind in Enum.GetValues<ParkedReaderKind>())
            {
                using GracePeriodDomain domain = Kinds.New(domainKind);
                using GracePeriodStepper steps = new(domain);
                TestResource resource = Kinds.New(kind, domain);
                using Visitor visitor = new(domain, readerKind);
                visitor.Look(resource);
                resource.Close();
                steps.Advance();
                visitor.LookAgain(resource);
                visitor.Leave();
                steps.Advance();
                Assert.Equal(1, resource.Releases.Count);
            }
        }
    }

    // Fault caught: a section whose guard does not name its domain, or any domain's.
    [Theory]
    [InlineData(ResourceKind.Handle)]
    [InlineData(ResourceKind.Reference)]
    [InlineData(ResourceKind.Memory)]
    [InlineData(ResourceKind.File)]
    public void A_guard_of_an_OnlineReader_dereferences_and_is_waited_for(
        ResourceKind kind)
    {
        foreach (DomainKind domainKind in new[] { DomainKind.Rcu, DomainKind.Full, DomainKind.Validating })
        {
            using RcuDomain domain = (RcuDomain)Kinds.New(domainKind);
            using RcuDomain other = new();
            TestResource resource = Kinds.New(kind, domain);
            using GracePeriodStepper steps = new(domain);
            using ManualResetEventSlim isLooking = new();
            using ManualResetEventSlim isClosed = new();
            using Worker reading = Worker.Start(() =>
            {
                using OnlineReader reader = domain.RegisterOnlineReader();
                using OnlineReader elsewhere = other.RegisterOnlineReader();
                using OnlineReadGuard guard = reader.ReadLock();
                using OnlineReadGuard wrong = elsewhere.ReadLock();
                OnlineReadGuard none = default;
                resource.Look(in guard);
                isLooking.Set();
                Until.Set(isClosed);
                Assert.True(IsRefused(resource, in wrong));
                Assert.True(IsRefused(resource, in none));
                Assert.True(resource.Releases.Count == 0, "The resource was released under its reader.");
                if (resource.StaysFound)
                {
                    resource.Look(in guard);
                }
            });
            Until.Set(isLooking);
            resource.Close();
            steps.Advance();
            isClosed.Set();
            reading.Join();
            steps.Advance();
            Assert.Equal(1, resource.Releases.Count);
        }
    }

    [Theory]
    [InlineData(ResourceKind.Handle, DomainKind.Srcu)]
    [InlineData(ResourceKind.Reference, DomainKind.Srcu)]
    [InlineData(ResourceKind.Memory, DomainKind.Srcu)]
    [InlineData(ResourceKind.File, DomainKind.Srcu)]
    [InlineData(ResourceKind.Handle, DomainKind.ValidatingSrcu)]
    [InlineData(ResourceKind.Reference, DomainKind.ValidatingSrcu)]
    [InlineData(ResourceKind.Memory, DomainKind.ValidatingSrcu)]
    [InlineData(ResourceKind.File, DomainKind.ValidatingSrcu)]
    public void A_released_lock_and_the_default_one_are_refused(ResourceKind kind, DomainKind domainKind)
    {
        using SrcuDomain domain = (SrcuDomain)Kinds.New(domainKind);
        TestResource resource = Kinds.New(kind, domain);
        SrcuReadLock released = domain.ReadLock();
        resource.Look(released);
        released.Dispose();
        AssertRefused(() => resource.Look(released));
        AssertRefused(() => resource.Look(default));

        // The next section is likely to have its ticket: that it is open says nothing about the released lock.
        using (SrcuReadLock open = domain.ReadLock())
        {
            AssertRefused(() => resource.Look(released));
            resource.Look(open);
        }

        resource.Close();
    }

    [Theory]
    [InlineData(ResourceKind.Handle, DomainKind.Srcu)]
    [InlineData(ResourceKind.Reference, DomainKind.Srcu)]
    [InlineData(ResourceKind.Memory, DomainKind.Srcu)]
    [InlineData(ResourceKind.File, DomainKind.Srcu)]
    [InlineData(ResourceKind.Handle, DomainKind.ValidatingSrcu)]
    [InlineData(ResourceKind.File, DomainKind.ValidatingSrcu)]
    public void A_lock_may_be_used_and_released_on_another_thread(ResourceKind kind, DomainKind domainKind)
    {
        using SrcuDomain domain = (SrcuDomain)Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        TestResource resource = Kinds.New(kind, domain);
        SrcuReadLock section = domain.ReadLock();
        Worker.Run(() => resource.Look(section));
        resource.Close();
        steps.Advance();
        int releases = resource.Releases.Count;
        Worker.Run(section.Dispose);
        steps.Advance();
        Assert.Equal((0, 1), (releases, resource.Releases.Count));
    }

    private static bool IsRefused(TestResource resource, scoped ref readonly ReadGuard guard)
    {
        try
        {
            resource.Look(in guard);
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private static bool IsRefused(TestResource resource, scoped ref readonly OnlineReadGuard guard)
    {
        try
        {
            resource.Look(in guard);
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private static void AssertRefused(Action look) =>
        Assert.True(
            Record.Exception(look) is ArgumentException or InvalidOperationException,
            "A lock that protects nothing was accepted.");
}
