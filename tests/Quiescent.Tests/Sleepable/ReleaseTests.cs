using Quiescent.Tests.Support;

namespace Quiescent.Tests.Sleepable;

public sealed class ReleaseTests
{
    private static readonly RcuDomainOptions s_options =
        new() { Name = "sleepable", BacklogPolicy = BacklogPolicy.None };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_lock_released_before_is_refused_by_its_own_domain_and_by_others(bool validate)
    {
        using SrcuDomain domain = new(s_options with { Validate = validate });
        using SrcuDomain other = new(s_options with { Validate = validate });
        SrcuReadLock released = domain.ReadLock();
        domain.ReadUnlock(released);
        using SrcuReadLock open = other.ReadLock();
        Assert.Throws<InvalidOperationException>(() => domain.ReadUnlock(released));
        Assert.Throws<InvalidOperationException>(() => other.ReadUnlock(released));
        Assert.Equal(1, other.OpenSections);
    }

    // Many copies of each lock are released at once, while its ticket serves the thread's next section.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_of_several_releases_at_once_succeeds_and_ends_no_other_section(bool validate)
    {
        const int Rounds = 2_000;
        using SrcuDomain domain = new(s_options with { Validate = validate });
        using SrcuDomain other = new(s_options with { Validate = validate });
        SrcuReadLock[] locks = new SrcuReadLock[Rounds];
        int taken = 0;
        int succeeded = 0;
        Worker[] releasers = Worker.StartMany(3, _ =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                Until.True(() => Volatile.Read(ref taken) > i);
                try
                {
                    locks[i].Dispose();
                    Interlocked.Increment(ref succeeded);
                }
                catch (InvalidOperationException)
                {
                }
            }
        });
        for (int i = 0; i < Rounds; i++)
        {
            locks[i] = domain.ReadLock();
            Volatile.Write(ref taken, i + 1);
            other.ReadLock().Dispose();
        }

        Worker.JoinAll(releasers);
        Assert.Equal((Rounds, 0L, 0L), (succeeded, domain.OpenSections, other.OpenSections));
        domain.Synchronize();
        other.Synchronize();
    }
}
