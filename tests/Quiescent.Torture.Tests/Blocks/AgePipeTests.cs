using Quiescent.Torture.Actors;
using Quiescent.Torture.Blocks;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Tests.Support;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Tests.Blocks;

public sealed unsafe class AgePipeTests
{
    private readonly FailureLog _failures = Log.New();
    private readonly Rng _random = new(1);

    // Catches a pipe that never reuses, or reuses too early.
    [Fact]
    public void A_block_is_used_again_after_ten_stages()
    {
        using AgePipe pipe = new(owner: 0, _failures);
        AgeBlock* block = pipe.Unlink(_random);
        Assert.Equal(1, block->Age);
        for (int age = 2; age < AgePipe.Stages; age++)
        {
            Assert.False(pipe.GrowOlder(block));
            Assert.Equal(age, block->Age);
            Assert.Equal(1, pipe.Underway);
        }

        Assert.True(pipe.GrowOlder(block));
        Assert.Equal(0, pipe.Underway);
        Assert.False(_failures.Any);
    }

    // The busted twin of a callback that runs once: one that runs twice.
    [Fact]
    public void A_block_that_comes_back_after_the_pipe_s_end_is_a_failure()
    {
        using AgePipe pipe = new(owner: 0, _failures);
        AgeBlock* block = pipe.Unlink(_random);
        while (!pipe.GrowOlder(block))
        {
        }

        pipe.GrowOlder(block);
        Log.MustHold(_failures, "reclaimed twice");
    }

    // The busted twin of a pipe whose callbacks all come: one callback is lost.
    [Fact]
    public void A_block_that_never_comes_back_is_a_failure()
    {
        using RcuSubject subject = RcuSubject.New("pipe", _failures);
        subject.Pipe.Unlink(_random);
        BooksCheck.Settle(subject);
        Log.MustHold(_failures, "did not come back");
    }

    // The control: a reader that holds a block across its unlink sees age 1, and that is allowed.
    [Fact]
    public void A_section_may_see_a_block_at_age_one()
    {
        Assert.Null(AgeSeenAfter(gracePeriods: 0));
    }

    // The busted twin of a grace period: one that ends under the section.
    [Fact]
    public void A_section_that_sees_a_block_at_age_two_is_a_failure()
    {
        Assert.Contains("age 2", AgeSeenAfter(gracePeriods: 1), StringComparison.Ordinal);
    }

    [Fact]
    public void The_histogram_allows_ages_zero_and_one_alone()
    {
        AgeHistogram ages = new();
        Assert.True(ages.Record(0));
        Assert.True(ages.Record(1));
        for (int age = 2; age <= AgePipe.Stages; age++)
        {
            Assert.False(ages.Record(age));
        }

        Assert.All(ages.Read(), count => Assert.Equal(1, count));
    }

    // Unlinks every published block, and makes it this many stages older, while a section holds one of them.
    private string? AgeSeenAfter(int gracePeriods)
    {
        using RcuSubject subject = RcuSubject.New("pipe", _failures);
        using (ReadGuard guard = subject.ReadLock())
        {
            Observation seen = Observation.Begin(subject, in guard, _random);
            for (int i = 0; i < 64; i++)
            {
                AgeBlock* block = subject.Pipe.Unlink(_random);
                for (int j = 0; j < gracePeriods; j++)
                {
                    subject.Pipe.GrowOlder(block);
                }
            }

            seen.End();
        }

        return _failures.Kept.FirstOrDefault();
    }
}
