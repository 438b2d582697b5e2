using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// Rcu's members are the default domain's, reached by a path of their own.
public sealed class DefaultDomainTests
{
    [Fact]
    public void Static_sections_are_the_default_domain_s()
    {
        Assert.False(Rcu.IsReadLockHeld);
        using (Rcu.ReadLock())
        {
            Assert.True(Rcu.IsReadLockHeld);
            Assert.True(Rcu.DefaultDomain.IsReadLockHeld);
            using (Rcu.DefaultDomain.ReadLock())
            {
                using (Rcu.ReadLock())
                {
                    Progress.MustBeHeldUp(Rcu.DefaultDomain);
                }
            }

            Assert.True(Rcu.IsReadLockHeld);
            Progress.MustBeHeldUp(Rcu.DefaultDomain);
            Assert.Throws<InvalidOperationException>(Rcu.Synchronize);
        }

        Assert.False(Rcu.IsReadLockHeld);
        Rcu.Synchronize();
    }

    [Fact]
    public void Statically_registered_readers_are_the_default_domain_s()
    {
        using RcuReader reader = Rcu.RegisterReader();
        using (reader.ReadLock())
        {
            Assert.True(Rcu.IsReadLockHeld);
            using (Rcu.ReadLock())
            {
                Progress.MustBeHeldUp(Rcu.DefaultDomain);
            }
        }

        reader.GoOnline();
        using (Rcu.ReadLock())
        {
            Assert.True(Rcu.IsReadLockHeld);
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.QuiescentState()));
        }

        Progress.MustBeHeldUp(Rcu.DefaultDomain);
        reader.GoOffline();
        Rcu.Synchronize();
    }

    [Fact]
    public void Static_guards_know_misuse()
    {
        ReadGuard outer = Rcu.ReadLock();
        ReadGuard inner = Rcu.ReadLock();
        Assert.True(Misuse.IsRefused(ref outer));
        inner.Dispose();
        Assert.True(Misuse.IsRefused(ref inner));
        outer.Dispose();
        Assert.True(Misuse.IsRefused(ref outer));
        Assert.False(Rcu.IsReadLockHeld);
    }

    [Fact]
    public void Static_cookies_are_the_default_domain_s()
    {
        GracePeriodState state = Rcu.GetState();
        Assert.False(Rcu.Poll(state));
        Assert.False(Rcu.DefaultDomain.Poll(state));
        Rcu.CondSynchronize(state);
        Assert.True(Rcu.DefaultDomain.Poll(state));
        GracePeriodState asked = Rcu.StartPoll();
        Until.True(() => Rcu.Poll(asked));
        Until.Done(Rcu.SynchronizeAsync(CancellationToken.None).AsTask());
        Assert.True(Rcu.GetStatistics().GracePeriodsCompleted >= 2);
    }

    [Fact]
    public void The_default_domain_cannot_be_disposed_of()
    {
        Assert.Throws<InvalidOperationException>(Rcu.DefaultDomain.Dispose);
        Rcu.ReadLock().Dispose();
        Rcu.Synchronize();
    }
}
