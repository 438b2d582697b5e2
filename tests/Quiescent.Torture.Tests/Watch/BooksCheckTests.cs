using Quiescent.Torture.Subjects;
using Quiescent.Torture.Tests.Support;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Tests.Watch;

public sealed class BooksCheckTests
{
    private static readonly RcuStatistics s_right = new()
    {
        BlocksQueued = 3,
        BlocksFreed = 3,
        CallbacksQueued = 2,
        CallbacksInvoked = 2,
    };

    [Fact]
    public void Books_that_agree_with_the_tally_are_in_order()
    {
        Assert.Empty(Faults(s_right));
    }

    // The busted twins of exact statistics, entry by entry: lost, done twice, waiting for ever, failed.
    [Fact]
    public void Each_entry_that_is_off_by_one_is_a_failure()
    {
        Assert.NotEmpty(Faults(s_right with { BlocksQueued = 4 }));
        Assert.NotEmpty(Faults(s_right with { BlocksFreed = 2 }));
        Assert.NotEmpty(Faults(s_right with { BlocksWaiting = 1 }));
        Assert.NotEmpty(Faults(s_right with { CallbacksQueued = 1 }));
        Assert.NotEmpty(Faults(s_right with { CallbacksInvoked = 3 }));
        Assert.NotEmpty(Faults(s_right with { CallbacksWaiting = 1 }));
        Assert.NotEmpty(Faults(s_right with { CallbacksFailed = 1 }));
    }

    // The domain reports more reclaimed than the torture's own code has seen.
    [Fact]
    public void A_callback_or_deallocator_that_was_counted_and_not_called_is_a_failure()
    {
        Tally tally = NewTally();
        tally.CallbackQueued();
        Assert.NotEmpty(
            BooksCheck.Faults(
                "books", new RcuStatistics(), s_right with { CallbacksQueued = 3, CallbacksInvoked = 3 }, tally));
        tally = NewTally();
        tally.CodeBlockQueued();
        Assert.NotEmpty(
            BooksCheck.Faults("books", new RcuStatistics(), s_right with { BlocksQueued = 4, BlocksFreed = 4 }, tally));
    }

    // A reader dies inside a section, and the report never comes.
    [Fact]
    [Trait("Category", "Slow")]
    public void A_death_that_was_not_reported_is_a_failure()
    {
        FailureLog failures = Log.New();
        using RcuSubject subject = RcuSubject.New("deaths", failures);
        subject.ExpectDeath();
        BooksCheck.Check(subject);
        Log.MustHold(failures, "died inside sections");
    }

    // The other way round: a report where nobody died. A thread that dies unannounced stands for it.
    [Fact]
    public void A_death_that_nobody_died_is_a_failure()
    {
        FailureLog failures = Log.New();
        using RcuSubject subject = RcuSubject.New("deaths", failures);
        Thread thread = new(() => _ = subject.ReadLock());
        thread.Start();
        thread.Join();
        subject.Domain.Synchronize();
        Log.MustHold(failures, "where no reader died");
    }

    private static string[] Faults(RcuStatistics now) =>
        [.. BooksCheck.Faults("books", new RcuStatistics(), now, NewTally())];

    private static Tally NewTally()
    {
        Tally tally = new();
        tally.BlockQueued(2);
        tally.CodeBlockQueued();
        tally.CodeBlockFreed();
        tally.CallbackQueued();
        tally.CallbackQueued();
        tally.CallbackRun();
        tally.CallbackRun();
        return tally;
    }
}
