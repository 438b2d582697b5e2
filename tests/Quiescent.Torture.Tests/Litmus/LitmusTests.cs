using Quiescent.Torture.Litmus;

namespace Quiescent.Torture.Tests.Litmus;

// The short forms of quiescent litmus. A clean result counts only where the control failed: a test whose control stayed
// silent is skipped, never passed.
[Trait("Category", "Slow")]
public sealed class LitmusTests(ITestOutputHelper output, LitmusTests.Fixture fixture)
    : IClassFixture<LitmusTests.Fixture>
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(400);

    // The time for a silent control on a busy machine.
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(5);

    public static TheoryData<string> Names(string family)
    {
        using LitmusSuite suite = new();
        return [.. suite.Find(family).Select(test => test.Name)];
    }

    // O1. Fault caught: no process-wide barrier between raising Started and the scan; under Full, no fence in the
    // reader, or in GoOnline.
    [Theory]
    [MemberData(nameof(Names), "store-buffer")]
    public void A_section_s_announcement_precedes_its_loads(string name) => MustHold(name);

    // Fault caught: a block published before it is filled.
    [Theory]
    [MemberData(nameof(Names), "message-passing")]
    public void A_store_before_a_block_is_published_is_seen_through_the_block(string name) => MustHold(name);

    // O1, O2. Fault caught: a grace period that does not wait for the sections that began before it.
    [Theory]
    [MemberData(nameof(Names), "rcu+sync+read")]
    public void No_section_sees_a_store_after_a_grace_period_and_misses_one_before_it(string name) => MustHold(name);

    // O1, O2. Fault caught: the same.
    [Theory]
    [MemberData(nameof(Names), "rcu+sync+free")]
    public void A_section_reads_no_block_freed_after_a_grace_period(string name) => MustHold(name);

    // O3 (unlinked before started). Fault caught: garbage filed under a sequence that the updater knew before the
    // unlink, or under a waiting batch's target.
    [Theory]
    [MemberData(nameof(Names), "stale-epoch")]
    public void A_freed_block_waits_for_a_grace_period_that_began_after_the_unlink(string name) => MustHold(name);

    // Fault caught: a runtime, compiler or machine on which the operations of Order do not order.
    [Theory]
    [MemberData(nameof(Names), "shape")]
    public void The_operations_relied_upon_forbid_what_they_should(string name) => MustHold(name);

    // The proof of the detector itself: the control, put in the subject's place, is caught.
    [Theory]
    [InlineData("store-buffer/guard")]
    [InlineData("store-buffer/engine")]
    [InlineData("store-buffer/sleepable")]
    [InlineData("store-buffer/lock")]
    [InlineData("message-passing/assign")]
    [InlineData("rcu+sync+read/guard")]
    [InlineData("rcu+sync+free/guard")]
    [InlineData("stale-epoch/section-free")]
    [InlineData("stale-epoch/state-free")]
    [InlineData("shape/sb+process-wide")]
    [InlineData("shape/sb+fences")]
    public void A_subject_that_orders_no_more_than_the_control_fails(string name)
    {
        Assert.SkipWhen(
            NeedProcessWideBarrier.Contains(name) && !LitmusSuite.HasProcessWideBarrier,
            "Does not apply: the process-wide barrier cannot be relied upon here, and so is not.");
        LitmusTest test = Assert.Single(fixture.Suite.Find(name));
        LitmusResult result = Run(test with { Subject = test.Control });
        SkipIfInconclusive(result);
        Assert.Equal(Verdict.Failed, result.Verdict);
    }

    private static string[] NeedProcessWideBarrier => ["store-buffer/engine", "shape/sb+process-wide"];

    private void MustHold(string name)
    {
        LitmusResult result = Run(Assert.Single(fixture.Suite.Find(name)));
        Assert.True(result.Verdict != Verdict.Failed, $"{result.Test.Forbidden}: {result.Subject}");
        SkipIfInconclusive(result);
    }

    private static void SkipIfInconclusive(LitmusResult result) => Assert.SkipWhen(
        result.Verdict == Verdict.Inconclusive,
        $"Inconclusive: the control did not fail either ({result.Control}). {result.Test.NotObservableHere}");

    private LitmusResult Run(LitmusTest test)
    {
        uint seed = (uint)Random.Shared.Next();
        LitmusResult result = Assert.Single(new LitmusRunner(s_short, seed).Run([test]));
        if (result is { Verdict: Verdict.Inconclusive, IsNotObservable: false })
        {
            result = Assert.Single(new LitmusRunner(s_long, seed).Run([test]));
        }

        output.WriteLine(
            $"the control failed in {result.ControlFailures} of {result.Turns} turns: {result.Control}; "
            + $"subject: {result.Subject}");
        return result;
    }

    public sealed class Fixture : IDisposable
    {
        internal LitmusSuite Suite { get; } = new();

        public void Dispose() => Suite.Dispose();
    }
}
