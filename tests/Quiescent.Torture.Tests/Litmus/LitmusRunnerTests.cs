using Quiescent.Torture.Litmus;

namespace Quiescent.Torture.Tests.Litmus;

// How verdicts are formed, with programs that end at once.
public sealed class LitmusRunnerTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);

    private static readonly LitmusProgram s_silent = _ => new LitmusOutcome(Runs: 10, Failures: 0);
    private static readonly LitmusProgram s_failing = _ => new LitmusOutcome(Runs: 10, Failures: 1);
    private static readonly LitmusProgram s_idle = _ => default;

    private static readonly LitmusTest s_sound = new("sound", "nothing", s_failing, s_silent);
    private static readonly LitmusTest s_broken = new("broken", "nothing", s_failing, s_failing);
    private static readonly LitmusTest s_unproven = new("unproven", "nothing", s_silent, s_silent);
    private static readonly LitmusTest s_notObservable =
        s_unproven with { NotObservableHere = "the hardware forbids it" };

    // Fault caught: a silent detector that counts as a pass.
    [Fact]
    public void A_sound_subject_passes_only_where_its_control_failed()
    {
        Assert.Equal(Verdict.Passed, TotalOf(s_sound));
        Assert.Equal(Verdict.Inconclusive, TotalOf(s_unproven));
    }

    [Fact]
    public void An_interrupted_run_keeps_its_results_and_begins_no_further_test()
    {
        using CancellationTokenSource interruption = new();
        IReadOnlyList<LitmusResult> results = new LitmusRunner(TimeSpan.FromMilliseconds(10), seed: 1)
            .Run([s_sound, s_sound, s_sound], _ => interruption.Cancel(), interruption.Token);
        Assert.NotEqual(0, results[0].Turns);
        Assert.Equal([0, 0], results.Skip(1).Select(result => result.Turns));
        Assert.Equal("not run", results[2].VerdictText);
    }

    // Fault caught: a control that fails now and then, when the subject has no turn, vouches for the subject.
    [Fact]
    public void A_control_that_failed_in_a_few_turns_vouches_for_nothing()
    {
        int turns = 0;
        LitmusProgram seldom = _ => new LitmusOutcome(Runs: 10, Failures: ++turns <= 3 ? 1 : 0);
        Assert.Equal(Verdict.Inconclusive, TotalOf(s_sound with { Control = seldom }));
    }

    // Fault caught: a subject that never ran counts as a pass.
    [Fact]
    public void A_subject_that_did_not_run_is_inconclusive() =>
        Assert.Equal(Verdict.Inconclusive, TotalOf(s_sound with { Subject = s_idle }));

    [Fact]
    public void A_subject_that_failed_fails_whatever_its_control_does()
    {
        Assert.Equal(Verdict.Failed, TotalOf(s_broken));
        Assert.Equal(Verdict.Failed, TotalOf(s_broken with { Control = s_silent }));
        Assert.Equal(Verdict.Failed, TotalOf(s_notObservable with { Subject = s_failing }));
    }

    [Fact]
    public void One_failure_outweighs_what_is_inconclusive_and_that_outweighs_what_passed()
    {
        Assert.Equal(Verdict.Failed, TotalOf(s_sound, s_unproven, s_broken));
        Assert.Equal(Verdict.Inconclusive, TotalOf(s_sound, s_unproven));
    }

    // Fault caught: shapes that no x86 machine shows and that spoil every total there, or pass by themselves.
    [Fact]
    public void An_unobservable_subject_neither_spoils_the_total_nor_makes_it()
    {
        Assert.Equal(Verdict.Passed, TotalOf(s_sound, s_notObservable));
        Assert.Equal(Verdict.Inconclusive, TotalOf(s_notObservable));
    }

    // Fault caught: the control runs once and its silence stands.
    [Fact]
    public void A_silent_control_gets_more_turns_while_there_is_time()
    {
        int turns = 0;
        LitmusProgram late = _ => new LitmusOutcome(Runs: 10, Failures: ++turns == 1_000 ? 1 : 0);
        LitmusProgram failsThen = _ => new LitmusOutcome(Runs: 10, Failures: turns >= 1_000 ? 1 : 0);
        LitmusTest test = new("late", "nothing", late, failsThen);
        LitmusResult result = Assert.Single(new LitmusRunner(TimeSpan.FromMinutes(1), seed: 1)
            .Run([test], interruption: TestContext.Current.CancellationToken));
        Assert.Equal(1_000, result.Turns);
        Assert.Equal(1, result.ControlFailures);
    }

    // Fault caught: time left over by other tests is lost, and a control that was silent in a busy moment gets no
    // second chance.
    [Fact]
    [Trait("Category", "Slow")]
    public void Time_that_others_leave_goes_to_silent_controls()
    {
        bool isOthersTurnOver = false;
        LitmusTest silent = new("silent", "nothing", _ => new LitmusOutcome(10, isOthersTurnOver ? 1 : 0), s_silent);
        LitmusTest quick = new("quick", "nothing", s_failing, _ =>
        {
            isOthersTurnOver = true;
            return new LitmusOutcome(10, Failures: 1);
        });
        List<Verdict> reported = [];
        IReadOnlyList<LitmusResult> results = new LitmusRunner(TimeSpan.FromSeconds(3), seed: 1)
            .Run([silent, quick], result => reported.Add(result.Verdict), TestContext.Current.CancellationToken);
        Assert.Equal([Verdict.Inconclusive, Verdict.Failed, Verdict.Passed], reported);
        Assert.Equal(Verdict.Passed, results[0].Verdict);
    }

    private static Verdict TotalOf(params LitmusTest[] tests) =>
        LitmusResult.Total(new LitmusRunner(s_short, seed: 1).Run(tests));
}
