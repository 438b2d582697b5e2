using Quiescent.Torture.Actors;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Scenarios;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Tests.Support;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Tests.Scenarios;

// The detectors of single scenarios, each shown a history that breaks the promise.
public sealed class DetectorTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(200);

    private readonly FailureLog _failures = Log.New();

    [Fact]
    public void A_barrier_that_returns_after_all_items_is_in_order()
    {
        using RcuSubject subject = RcuSubject.New("barrier", _failures);
        using Round round = new(subject, posters: 2);
        round.Begin();
        round.Arrive(isBlock: false);
        round.Arrive(isBlock: true);
        Assert.Null(round.Fault("Barrier"));
    }

    // The busted twin of a barrier: it returns while an item waits, or runs.
    [Fact]
    public void A_barrier_that_returns_before_an_item_has_been_reclaimed_is_a_failure()
    {
        using RcuSubject subject = RcuSubject.New("barrier", _failures);
        using Round round = new(subject, posters: 2);
        round.Begin();
        round.Arrive(isBlock: false);
        Assert.Contains("after 1 of 2 items", round.Fault("Barrier"), StringComparison.Ordinal);
    }

    // An item that is reclaimed twice.
    [Fact]
    public void A_barrier_after_which_more_items_have_been_reclaimed_than_were_posted_is_a_failure()
    {
        using RcuSubject subject = RcuSubject.New("barrier", _failures);
        using Round round = new(subject, posters: 1);
        round.Begin();
        round.Arrive(isBlock: false);
        round.Arrive(isBlock: false);
        Assert.NotNull(round.Fault("Barrier"));
    }

    [Fact]
    public void A_stall_report_that_names_the_thread_is_in_order()
    {
        using StallWitness witness = new("stall", s_timeout, _failures);
        witness.Expect("overstayer 1");
        Assert.False(witness.HasReport);
        witness.OnStalled("stall", "overstayer 1", s_timeout);
        Assert.True(witness.HasReport);
        Assert.False(_failures.Any);
    }

    // The busted twins of a stall report: another thread, none, another domain, too early.
    [Theory]
    [InlineData("stall", "overstayer 0", 200)]
    [InlineData("stall", null, 200)]
    [InlineData("default", "overstayer 1", 200)]
    [InlineData("stall", "overstayer 1", 199)]
    public void A_stall_report_that_is_wrong_is_a_failure(string domain, string? thread, int milliseconds)
    {
        using StallWitness witness = new("stall", s_timeout, _failures);
        witness.Expect("overstayer 1");
        witness.OnStalled(domain, thread, TimeSpan.FromMilliseconds(milliseconds));
        Log.MustHold(_failures, "was reported as stalled");
    }

    [Fact]
    public void One_of_two_releases_of_a_lock_is_accepted()
    {
        using SrcuSubject subject = SrcuSubject.New("relay", _failures);
        Baton baton = Begin(subject, out _);
        Assert.Null(baton.Contend());
        Assert.Null(baton.Contend());
        Assert.Equal(0, subject.OpenSections);
    }

    // The busted twin of contending releases: both are refused.
    [Fact]
    public void Two_releases_of_a_lock_that_are_both_refused_are_a_failure()
    {
        using SrcuSubject subject = SrcuSubject.New("relay", _failures);
        Baton baton = Begin(subject, out SrcuReadLock section);
        section.Dispose();
        Assert.Null(baton.Contend());
        Assert.Contains("0 were accepted", baton.Contend(), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_releases_are_refused_and_harmless()
    {
        using SrcuSubject subject = SrcuSubject.New("released", _failures);
        using SrcuSubject other = SrcuSubject.New("other", _failures);
        Rng random = new(5);
        for (int i = 0; i < 200; i++)
        {
            SrcuReadLock section = subject.ReadLock();
            other.MustRefuseForeign(section);
            subject.Release(section, random);
        }

        Assert.False(_failures.Any);
        Assert.Equal(0, subject.OpenSections);
        Assert.Contains(subject.Figures, figure => figure is { Name: "wrong releases refused", Count: > 0 });
        Assert.Contains(other.Figures, figure => figure is { Name: "wrong releases refused", Count: 200 });
    }

    [Fact]
    public void A_section_that_is_left_open_fails_the_check_of_the_statistics()
    {
        using SrcuSubject subject = SrcuSubject.New("open", _failures);
        SrcuReadLock section = subject.ReadLock();
        BooksCheck.Check(subject);
        section.Dispose();
        Log.MustHold(_failures, "1 sections of 'open' are counted as open");
    }

    private static Baton Begin(SrcuSubject subject, out SrcuReadLock section)
    {
        section = subject.ReadLock();
        return new Baton(subject, section, Observation.Begin(subject, section, new Rng(4)));
    }
}
