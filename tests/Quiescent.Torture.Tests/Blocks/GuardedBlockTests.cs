using Quiescent.Torture.Actors;
using Quiescent.Torture.Blocks;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Tests.Support;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Tests.Blocks;

public sealed class GuardedBlockTests
{
    [Fact]
    public void A_section_before_during_or_after_the_wait_is_in_order()
    {
        GuardedBlock guarded = default;
        Assert.Null(guarded.Fault(guarded.ReadBefore()));
        long earlier = guarded.ReadBefore();
        long generation = guarded.Open();
        Assert.Null(guarded.Fault(earlier));
        long during = guarded.ReadBefore();
        guarded.Close(generation);
        Assert.Null(guarded.Fault(during));
        Assert.Null(guarded.Fault(guarded.ReadBefore()));
    }

    // The busted twin of a wait for readers: it returns under a section that began before it.
    [Fact]
    public void A_wait_that_returns_under_an_older_section_is_a_failure()
    {
        GuardedBlock guarded = default;
        long earlier = guarded.ReadBefore();
        guarded.Close(guarded.Open());
        Assert.Contains("under a section older than it", guarded.Fault(earlier), StringComparison.Ordinal);
    }

    // The busted twin of a cookie: its domain has a grace period under the section in which it was taken. The section
    // is not a real one, so that the grace period can pass.
    [Fact]
    public void A_cookie_that_polls_true_in_the_section_that_took_it_is_a_failure()
    {
        FailureLog failures = Log.New();
        using RcuSubject subject = RcuSubject.New("cookie", failures);
        ReadGuard none = default;
        Observation seen = Observation.Begin(subject, in none, new Rng(3));
        seen.TakeCookie();
        seen.End();
        Assert.False(failures.Any);
        subject.Domain.Synchronize();
        seen.End();
        Log.MustHold(failures, "in which its cookie was taken");
    }
}
