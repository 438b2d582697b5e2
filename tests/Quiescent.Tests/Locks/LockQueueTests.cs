using Quiescent.Locks;
using Quiescent.Readers;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Locks;

// L8 (neither side starves) and L9 (giving up leaves nothing), step by step, with the test in all parts.
public sealed unsafe class LockQueueTests
{
    private readonly LockQueue _queue = new();
    private readonly LockHolder _first = new();
    private readonly LockHolder _second = new();

    [Fact]
    public void One_writer_has_the_turn()
    {
        Assert.True(_queue.TryTakeTurn(_first, waiter: null, mayOvertake: false));
        Assert.False(_queue.TryTakeTurn(_second, waiter: null, mayOvertake: true));
        Assert.Same(_first, _queue.Holder);
        EndTurn();
        Assert.True(_queue.TryTakeTurn(_second, waiter: null, mayOvertake: false));
    }

    // Fault caught: a stream of writers keeps a reader out.
    [Fact]
    public void The_next_writer_lets_the_readers_in_that_waited_for_the_last()
    {
        Woken reader = new();
        Announce(_first);
        Assert.True(_queue.TryJoinReaders(reader, _queue.Word));
        Assert.Equal(0, reader.Count);
        EndTurn();
        Assert.Equal(1, reader.Count);
        Assert.Equal(0ul, _queue.Word);
        Assert.True(_queue.TryTakeTurn(_second, waiter: null, mayOvertake: false));
        Assert.False(_queue.TryAnnounce());
        Assert.False(_queue.TryJoinReaders(reader, _queue.Word)); // Nobody is in the way: it goes in.
        _queue.Leave(reader);
        Assert.True(_queue.TryAnnounce());
        Assert.Equal(0, _queue.Count);
    }

    // Fault caught: a thread that is let in and does not come keeps the writers out.
    [Fact]
    public void A_reader_that_is_let_in_and_does_not_come_is_waited_for_no_longer()
    {
        Woken reader = new();
        Announce(_first);
        _queue.TryJoinReaders(reader, _queue.Word);
        EndTurn();
        Assert.True(_queue.TryTakeTurn(_second, waiter: null, mayOvertake: false));
        Until.True(_queue.TryAnnounce);
        _queue.SetTarget(8ul << SectionWord.SequenceShift);
        Assert.True(_queue.TryJoinReaders(reader, _queue.Word)); // It waits again, in its old place.
        EndTurn();
        Assert.Equal(2, reader.Count);
        _queue.Leave(reader);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void Writers_come_in_the_order_in_which_they_wait()
    {
        Woken second = new();
        Woken third = new();
        LockHolder last = new();
        Assert.True(_queue.TryTakeTurn(_first, waiter: null, mayOvertake: false));
        Assert.False(_queue.TryTakeTurn(_second, second, mayOvertake: false));
        Assert.False(_queue.TryTakeTurn(last, third, mayOvertake: false));
        EndTurn();
        Assert.Equal((1, 0), (second.Count, third.Count));
        Assert.False(_queue.TryTakeTurn(last, third, mayOvertake: false));
        Assert.False(_queue.TryTakeTurn(_first, waiter: null, mayOvertake: false));
        Assert.True(_queue.TryTakeTurn(_second, second, mayOvertake: false));
        EndTurn();
        Assert.Equal((1, 1), (second.Count, third.Count));
        Assert.True(_queue.TryTakeTurn(last, third, mayOvertake: false));
        Assert.Equal(0, _queue.Count);
    }

    // Fault caught: the first in the line gives up when it has been woken, and the second sleeps on.
    [Fact]
    public void The_first_in_the_line_that_gives_up_wakes_the_second()
    {
        Woken second = new();
        Woken third = new();
        Assert.True(_queue.TryTakeTurn(_first, waiter: null, mayOvertake: false));
        _queue.TryTakeTurn(_second, second, mayOvertake: false);
        _queue.TryTakeTurn(new LockHolder(), third, mayOvertake: false);
        EndTurn();
        _queue.Leave(second);
        Assert.Equal(1, third.Count);
    }

    // Fault caught: the first in the line does not come, and the second waits for it.
    [Fact]
    public void A_turn_that_the_first_in_the_line_does_not_take_goes_to_another()
    {
        Woken second = new();
        Assert.True(_queue.TryTakeTurn(_first, waiter: null, mayOvertake: false));
        _queue.TryTakeTurn(_second, second, mayOvertake: false);
        EndTurn();
        Until.True(() => _queue.TryTakeTurn(_first, waiter: null, mayOvertake: false));
        _queue.Leave(second);
        Assert.Equal(0, _queue.Count);
    }

    // Fault caught: a writer that has to wait for a pool thread loses its place to those that come meanwhile.
    [Fact]
    public void The_first_in_the_line_without_a_thread_is_given_the_turn()
    {
        Woken waiter = new();
        Woken third = new();
        LockHolder second = waiter.BeWriter();
        Assert.True(_queue.TryTakeTurn(_first, waiter: null, mayOvertake: false));
        Assert.False(_queue.TryTakeTurn(second, waiter, mayOvertake: false));
        Assert.False(_queue.TryTakeTurn(_second, third, mayOvertake: false));
        EndTurn();
        Assert.Same(second, _queue.Holder);
        Assert.Equal((1, 0), (waiter.Count, third.Count));
        Assert.False(_queue.TryTakeTurn(_first, waiter: null, mayOvertake: true));
        Assert.True(_queue.TryTakeTurn(second, waiter, mayOvertake: false));
        Assert.Equal(1, _queue.Count);
        EndTurn();
        Assert.Equal(1, third.Count);
    }

    // Fault caught: a writer that was given the turn, and has not come, gives up; and nobody has the turn ever after.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_writer_that_gives_up_passes_on_the_turn_that_it_was_given(bool hasAnnounced)
    {
        Woken waiter = new();
        Woken third = new();
        Woken reader = new();
        LockHolder second = waiter.BeWriter();
        Assert.True(_queue.TryTakeTurn(_first, waiter: null, mayOvertake: false));
        Assert.False(_queue.TryTakeTurn(second, waiter, mayOvertake: false));
        LockHolder last = third.BeWriter();
        Assert.False(_queue.TryTakeTurn(last, third, mayOvertake: false));
        EndTurn();
        if (hasAnnounced)
        {
            Assert.True(_queue.TryAnnounce());
            Assert.True(_queue.TryJoinReaders(reader));
        }

        _queue.Leave(waiter);
        Assert.Same(last, _queue.Holder);
        Assert.Equal((1, hasAnnounced ? 1 : 0), (third.Count, reader.Count));
        Assert.Equal(0ul, _queue.Word);
        _queue.Leave(reader);
        _queue.Leave(third);
        Assert.Null(_queue.Holder);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_disposed_lock_wakes_all_and_stays_so()
    {
        Woken reader = new();
        Woken writer = new();
        Announce(_first);
        _queue.TryJoinReaders(reader, _queue.Word);
        _queue.TryTakeTurn(_second, writer, mayOvertake: false);
        _queue.Close();
        Assert.Equal((1, 1), (reader.Count, writer.Count));
        Assert.False(_queue.TryJoinReaders(reader, _queue.Word));
        EndTurn();
        Assert.True(_queue.IsDisposed);
        Assert.Equal(WriterWord.Disposed, _queue.Word);
    }

    // Fault caught: a section with an old sequence passes for one that the grace period waits for, though the scan has
    // passed its slot.
    [Fact]
    public void The_engine_knows_for_which_sections_a_grace_period_waits()
    {
        using BareEngine engine = new();
        ReaderSlot* early = engine.AddReader();
        ReaderSlot* held = engine.AddReader();
        ReaderSlot* late = engine.AddReader();
        engine.Enter(held);
        ulong old = held->Word;
        ulong target = engine.Engine.NextTarget();
        Assert.True(engine.Engine.WaitsFor(held, target)); // It has yet to begin.
        Assert.False(engine.Engine.TryAdvance(target));
        early->Word = old; // Announced after the scan has passed by.
        late->Word = old;
        Assert.False(engine.Engine.WaitsFor(early, target));
        Assert.True(engine.Engine.WaitsFor(held, target));
        Assert.True(engine.Engine.WaitsFor(late, target));
        engine.Exit(late);
        engine.Enter(late);
        Assert.False(engine.Engine.WaitsFor(late, target)); // New enough.
        engine.Exit(held);
        Assert.True(engine.Engine.TryAdvance(target));
        Assert.False(engine.Engine.WaitsFor(early, target));
    }

    // Fault caught: a reader sleeps although the writer waits for it, which it can tell only by the target.
    [Fact]
    public void A_reader_sleeps_only_on_the_word_that_it_has_seen()
    {
        Woken reader = new();
        Assert.True(_queue.TryTakeTurn(_first, waiter: null, mayOvertake: false));
        Assert.True(_queue.TryAnnounce());
        ulong seen = _queue.Word;
        Assert.False(_queue.TryJoinReaders(reader, seen));
        _queue.SetTarget(7ul << SectionWord.SequenceShift);
        Assert.False(_queue.TryJoinReaders(reader, seen));
        seen = _queue.Word;
        EndTurn();
        Assert.False(_queue.TryJoinReaders(reader, seen));
        Assert.True(_queue.TryTakeTurn(_second, waiter: null, mayOvertake: false));
        Assert.True(_queue.TryAnnounce());
        _queue.SetTarget(8ul << SectionWord.SequenceShift);
        Assert.False(_queue.TryJoinReaders(reader, seen));
        Assert.True(_queue.TryJoinReaders(reader, _queue.Word));
        _queue.Leave(reader);
    }

    private void EndTurn() => Assert.True(_queue.TryEndTurn(_queue.Holder!));

    private void Announce(LockHolder writer)
    {
        Assert.True(_queue.TryTakeTurn(writer, waiter: null, mayOvertake: false));
        Assert.True(_queue.TryAnnounce());
        _queue.SetTarget(7ul << SectionWord.SequenceShift);
        Assert.Equal(7ul << SectionWord.SequenceShift, WriterWord.TargetOf(_queue.Word));
    }

    private sealed class Woken : LockWaiter
    {
        private LockHolder? _writer;

        public int Count { get; private set; }

        public override LockHolder? Writer => _writer;

        public override void Wake() => Count++;

        public LockHolder BeWriter() => _writer = new LockHolder(this);
    }
}
