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
    public void A_barrier_that_returns_before_an_item_has_been_carried_out_is_a_failure()
    {
        using RcuSubject subject = RcuSubject.New("barrier", _failures);
        using Round round = new(subject, posters: 2);
        round.Begin();
        round.Arrive(isBlock: false);
        Assert.Contains("after 1 of 2 items", round.Fault("Barrier"), StringComparison.Ordinal);
    }

    // An item that is carried out twice.
    [Fact]
    public void A_barrier_after_which_more_has_been_carried_out_than_was_posted_is_a_failure()
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
}
