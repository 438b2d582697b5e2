using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.GracePeriods;

// The engine step by step, its slots written by the test in place of readers.
public sealed unsafe class EngineTests
{
    private const ulong Step = SectionWord.SequenceStep;

    [Fact]
    public void Without_readers_one_call_starts_and_completes_a_grace_period()
    {
        using BareEngine bare = new();
        ulong target = bare.Engine.NextTarget();
        Assert.Equal(Step, target);
        Assert.False(bare.Engine.HasCompleted(target));
        Assert.True(bare.Engine.TryAdvance(target));
        Assert.True(bare.Engine.HasCompleted(target));
        Assert.Equal(1, bare.Engine.Read().Started);
        Assert.Equal(1, bare.Engine.Read().Completed);
    }

    [Fact]
    public void A_target_that_has_completed_starts_nothing()
    {
        using BareEngine bare = new();
        ulong target = bare.Engine.NextTarget();
        Assert.True(bare.Engine.TryAdvance(target));
        Assert.True(bare.Engine.TryAdvance(target));
        Assert.Equal(1, bare.Engine.Read().Started);
    }

    [Fact]
    public void A_reader_from_before_is_waited_for_and_one_from_after_the_start_is_not()
    {
        using BareEngine bare = new();
        ReaderSlot* before = bare.AddReader();
        ReaderSlot* after = bare.AddReader();
        bare.Enter(before);
        ulong target = bare.Engine.NextTarget();
        Assert.False(bare.Engine.TryAdvance(target));
        bare.Enter(after);
        Assert.False(bare.Engine.TryAdvance(target));
        bare.Exit(before);
        Assert.True(bare.Engine.TryAdvance(target));
        Assert.Equal(1, bare.Engine.Read().Started);

        // The later one holds the next grace period up.
        Assert.False(bare.Engine.TryAdvance(bare.Engine.NextTarget()));
        bare.Exit(after);
        Assert.True(bare.Engine.TryAdvance(bare.Engine.NextTarget() - Step));
    }

    // O3 (unlinked before started). Fault caught: filing under the grace period in progress, which began before the
    // unlink.
    [Fact]
    public void A_target_taken_during_a_grace_period_is_the_one_after_it()
    {
        using BareEngine bare = new();
        ReaderSlot* first = bare.AddReader();
        ReaderSlot* second = bare.AddReader();
        bare.Enter(first);
        ulong inProgress = bare.Engine.NextTarget();
        Assert.False(bare.Engine.TryAdvance(inProgress));

        bare.Enter(second);
        ulong target = bare.Engine.NextTarget();
        Assert.Equal(inProgress + Step, target);
        bare.Exit(first);
        Assert.False(bare.Engine.TryAdvance(target));
        Assert.True(bare.Engine.HasCompleted(inProgress));
        Assert.False(bare.Engine.HasCompleted(target));
        bare.Exit(second);
        Assert.True(bare.Engine.TryAdvance(target));
    }

    // Without a process-wide barrier only some are timed from their start. Fault caught: one that is held up and was
    // not is counted as if nobody had been in its way, or from no start at all.
    [Fact]
    public void A_grace_period_that_a_reader_holds_up_is_timed()
    {
        using BareEngine bare = new();
        ReaderSlot* slot = bare.AddReader();
        (TimeSpan Least, TimeSpan Most) longest = default;
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i <= Tuning.GracePeriodsPerTiming; i++)
        {
            Assert.True(bare.Engine.TryAdvance(bare.Engine.NextTarget())); // The first ones are all timed.
        }

        longest.Most = Stopwatch.GetElapsedTime(started);
        for (int i = 0; i < 2 * Tuning.GracePeriodsPerTiming; i++)
        {
            long before = Stopwatch.GetTimestamp();
            Assert.True(bare.Engine.TryAdvance(bare.Engine.NextTarget()));
            bare.Enter(slot);
            ulong target = bare.Engine.NextTarget();
            Assert.False(bare.Engine.TryAdvance(target));
            long heldUp = Stopwatch.GetTimestamp();
            Thread.Sleep(1);
            TimeSpan least = Stopwatch.GetElapsedTime(heldUp);
            bare.Exit(slot);
            Assert.True(bare.Engine.TryAdvance(target));
            TimeSpan most = Stopwatch.GetElapsedTime(before);
            longest = (longest.Least > least ? longest.Least : least, longest.Most > most ? longest.Most : most);
            Assert.InRange(bare.Engine.Read().Durations.Max, longest.Least, longest.Most);
        }
    }

    // Fault caught: a scan that looks at the sequence alone, or at the nesting alone.
    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(0, 1, true)]
    [InlineData(0, 3, true)]
    [InlineData(0, 65_535, true)]
    [InlineData(1, 0, false)]
    [InlineData(1, 1, false)]
    [InlineData(1, 65_535, false)]
    [InlineData(2, 1, false)]
    public void A_slot_is_in_the_way_if_it_is_inside_and_older(int sequence, int nesting, bool isInTheWay)
    {
        using BareEngine bare = new();
        ReaderSlot* slot = bare.AddReader();
        slot->Word = ((ulong)sequence << SectionWord.SequenceShift) | (uint)nesting;
        Assert.Equal(!isInTheWay, bare.Engine.TryAdvance(Step));
    }

    [Fact]
    public void Any_one_slot_of_many_chunks_is_seen()
    {
        using BareEngine bare = new();
        nint[] slots = new nint[500];
        for (int i = 0; i < slots.Length; i++)
        {
            slots[i] = (nint)bare.AddReader();
        }

        foreach (nint address in slots)
        {
            ReaderSlot* slot = (ReaderSlot*)address;
            bare.Enter(slot);
            ulong target = bare.Engine.NextTarget();
            Assert.False(bare.Engine.TryAdvance(target));
            bare.Exit(slot);
            Assert.True(bare.Engine.TryAdvance(target));
        }
    }

    // The cursor may rest: a slot that it has passed cannot hold this grace period up again, and slots that joined
    // since need not be scanned.
    [Fact]
    public void A_grace_period_looks_neither_back_nor_at_slots_that_joined_after_its_start()
    {
        using BareEngine bare = new();
        ReaderSlot* passed = bare.AddReader();
        ReaderSlot* inTheWay = bare.AddReader();
        bare.Enter(inTheWay);
        ulong target = bare.Engine.NextTarget();
        Assert.False(bare.Engine.TryAdvance(target));
        bare.Enter(passed);
        ReaderSlot* joined = bare.AddReader();
        bare.Enter(joined);
        bare.Exit(inTheWay);
        Assert.True(bare.Engine.TryAdvance(target));

        // Both are seen by the next one.
        Assert.False(bare.Engine.TryAdvance(target + Step));
        bare.Exit(passed);
        Assert.False(bare.Engine.TryAdvance(target + Step));
        bare.Exit(joined);
        Assert.True(bare.Engine.TryAdvance(target + Step));
    }

    // O6 (dead threads hold nothing up). Fault caught: a word cleared whatever it was, or an abandoned reader counted
    // twice.
    [Fact]
    public void A_dead_thread_s_word_is_cleared_and_recorded_once()
    {
        using BareEngine bare = new();
        Thread dead = new(() => { });
        dead.Start();
        dead.Join();
        ReaderSlot* slot = bare.AddReader(dead);
        ReaderSlot* living = bare.AddReader();
        slot->Word = 3;
        bare.Enter(living);
        ulong target = bare.Engine.NextTarget();
        Assert.False(bare.Engine.TryAdvance(target));
        Assert.True(SectionWord.IsQuiescent(slot->Word));
        Assert.True(bare.Engine.HasAbandoned);
        ReaderIdentity abandoned = Assert.Single(bare.Engine.TakeAbandoned());
        Assert.Equal(dead.ManagedThreadId, abandoned.ManagedThreadId);
        Assert.Equal(3, abandoned.Sections);

        Assert.False(bare.Engine.HasAbandoned);
        bare.Exit(living);
        Assert.True(bare.Engine.TryAdvance(target));
        bare.Engine.Sweep();
        Assert.Empty(bare.Engine.TakeAbandoned());
        Assert.Equal(1, bare.Engine.Read().Abandoned);
    }

    // O6, to the letter: the word is cleared by comparing it with the word that was seen. Fault caught: a plain store,
    // which wipes out any announcement made in between. The test writes the word all the while, as no dead thread can.
    [Fact]
    [Trait("Category", "Slow")]
    public void A_word_that_changes_while_it_is_being_cleared_is_left_alone()
    {
        using BareEngine bare = new();
        SlotTable slots = bare.Engine.Slots;
        Thread dead = new(() => { });
        dead.Start();
        dead.Join();
        ReaderSlot* slot = bare.AddReader(dead);
        int stop = 0;
        using Worker sweeper = Worker.Start(() =>
        {
            while (Volatile.Read(ref stop) == 0)
            {
                bare.Engine.Sweep();
            }
        });

        ulong word = 0;
        bool isLeftAlone = true;
        for (int round = 0; round < 2_000 && isLeftAlone; round++)
        {
            while (isLeftAlone && slots.OwnerOf(slot->Index) is not null)
            {
                ulong found = Interlocked.Exchange(ref slot->Word, word + Step + 1);
                isLeftAlone = SectionWord.Sequence(found) == word; // as it was written, or cleared by the engine
                word += Step;
            }

            slots.TryRegisterReleased(new SlotOwner(slots, ThreadLife.OfObject(dead)), out _);
        }

        Volatile.Write(ref stop, 1);
        sweeper.Join();
        Assert.True(isLeftAlone, "A word was cleared that nobody had looked at.");
    }

    [Fact]
    public void Only_a_dead_thread_s_slot_is_given_to_another()
    {
        using BareEngine bare = new();
        ReaderSlot* living = bare.AddReader();
        Thread dead = new(() => { });
        dead.Start();
        dead.Join();
        ReaderSlot* left = bare.AddReader(dead);
        SlotTable slots = bare.Engine.Slots;
        SlotOwner next = new(slots, ThreadLife.OfCurrent());
        Assert.False(slots.TryRegisterReleased(next, out _));
        bare.Engine.Sweep();
        Assert.True(slots.TryRegisterReleased(next, out ReaderSlot* slot));
        Assert.True(slot == left);
        Assert.False(slot == living);
        Assert.False(slots.TryRegisterReleased(next, out _));
        Assert.Equal(2, slots.InUse);
    }

    [Fact]
    public void Statistics_of_durations_are_in_order()
    {
        using BareEngine bare = new();
        for (int i = 0; i < 100; i++)
        {
            Assert.True(bare.Engine.TryAdvance(bare.Engine.NextTarget()));
        }

        GracePeriodDurations durations = bare.Engine.Read().Durations;
        Assert.True(TimeSpan.Zero <= durations.Min, $"{durations}");
        Assert.True(durations.Min <= durations.Mean && durations.Mean <= durations.Max, $"{durations}");
        Assert.True(durations.Min <= durations.P50 && durations.P50 <= durations.P99, $"{durations}");
        Assert.True(durations.P99 <= durations.Max, $"{durations}");
    }
}
