using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Sleepable;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Sleepable;

// The engine over tickets, step by step: the test makes each half of a section, the load of Started and the
// announcement.
public sealed unsafe class TicketScanTests : IDisposable
{
    private const long Domain = 7;

    private readonly SlotTable _slots = new(queueBytes: 64, queueMemory: null, fullFence: true, validate: false);
    private readonly GracePeriodEngine _engine;
    private readonly ReaderSlot* _slot;

    public TicketScanTests()
    {
        _engine = GracePeriodEngine.Over<TicketSections>(_slots);
        _slot = AddSlot();
    }

    public void Dispose() => GC.KeepAlive(_slots);

    [Fact]
    public void A_grace_period_without_sections_ends_at_once() => Assert.True(TryGracePeriod());

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_section_holds_up_every_grace_period_until_its_end(int gracePeriodsBefore)
    {
        Pass(gracePeriodsBefore);
        Held section = Begin();
        ulong target = _engine.NextTarget();
        Assert.False(_engine.TryAdvance(target));
        Assert.False(_engine.TryAdvance(target));
        End(section);
        Assert.True(_engine.TryAdvance(target));
    }

    // Its Started is an old one by then: of a grace period that has passed.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_section_held_up_before_it_is_announced_is_waited_for_from_then_on(int gracePeriods)
    {
        ulong started = _slots.State->Started;
        Pass(gracePeriods);
        Ticket* ticket = SlotTickets.Prepare(_slot, Domain);
        ulong number = ticket->Number + 1;
        SleepableSection.Announce(ticket, number, started);
        Assert.False(TryGracePeriod());
        SleepableSection.Release(ticket, number);
        Assert.True(TryGracePeriod());
    }

    // Sections that come without pause: each begins before the last has ended.
    [Fact]
    public void Sections_that_begin_meanwhile_do_not_hold_it_up()
    {
        Held first = Begin();
        ulong target = _engine.NextTarget();
        Assert.False(_engine.TryAdvance(target));
        Held second = Begin();
        End(first);
        Assert.True(_engine.TryAdvance(target));
        Held third = Begin();
        End(second);
        Assert.False(TryGracePeriod());
        End(third);
        Assert.True(TryGracePeriod());
    }

    // Fault caught: a ticket that keeps the sequence of an earlier section.
    [Fact]
    public void Nor_do_those_under_tickets_that_were_used_before()
    {
        ReaderSlot* other = AddSlot();
        End(Begin(other));
        Pass(2);
        Held first = Begin();
        ulong target = _engine.NextTarget();
        Assert.False(_engine.TryAdvance(target));
        Held second = Begin(other);
        End(first);
        Assert.True(_engine.TryAdvance(target));
        Assert.Equal(4, other->TicketCount);
        End(second);
    }

    // Fault caught: a scan that inspects only some of a slot's tickets, or only one slot.
    [Fact]
    public void Every_section_of_every_thread_is_waited_for()
    {
        ReaderSlot* other = AddSlot();
        List<Held> sections = [];
        for (int i = 0; i < 20; i++)
        {
            sections.Add(Begin(i % 3 == 0 ? other : _slot));
        }

        Random random = new(1);
        while (sections.Count != 0)
        {
            Assert.Equal(sections.Count, _engine.OpenSections);
            Assert.False(TryGracePeriod());
            int i = random.Next(sections.Count);
            End(sections[i]);
            sections.RemoveAt(i);
        }

        Assert.True(TryGracePeriod());
    }

    // A thread opens the next section under the ticket that another thread has just released.
    [Fact]
    public void A_ticket_s_next_section_is_waited_for_too()
    {
        for (int i = 0; i < 100; i++)
        {
            Held section = Begin();
            Assert.False(TryGracePeriod());
            Worker.Run(() => End(section));
            Assert.True(TryGracePeriod());
        }

        Assert.InRange(_slot->TicketCount, 1, 4);
    }

    // Fault caught: a slot that goes to another thread with an open ticket in it: a stall report would blame that one.
    [Fact]
    public void An_ended_thread_keeps_its_slot_until_its_sections_have_ended()
    {
        Thread ended = new(static () => { });
        ended.Start();
        ended.Join();
        ReaderSlot* slot = AddSlot(ThreadLife.OfObject(ended));
        Held first = Begin(slot);
        Held second = Begin(slot);
        End(first);
        _engine.Sweep();
        Assert.Equal(2, _slots.InUse);
        Assert.False(TryGracePeriod());
        End(second);
        _engine.Sweep();
        Assert.Equal(1, _slots.InUse);
        Assert.True(TryGracePeriod());

        // The next thread goes on with the tickets.
        Assert.True(_slots.TryRegisterReleased(new SlotOwner(_slots, ThreadLife.OfCurrent()), out ReaderSlot* next));
        Assert.True(slot == next);
        Held third = Begin(next);
        Assert.False(TryGracePeriod());
        Assert.Throws<InvalidOperationException>(() => End(first));
        Assert.Throws<InvalidOperationException>(() => End(second));
        End(third);
        Assert.True(TryGracePeriod());
    }

    [Fact]
    public void A_thread_has_at_most_about_twice_as_many_tickets_as_sections_at_once()
    {
        List<Held> sections = [];
        for (int most = 1; most <= 1_000; most *= 3)
        {
            while (sections.Count < most)
            {
                sections.Add(Begin());
            }

            Assert.InRange(_slot->TicketCount, most, (2 * most) + 4);
            sections.ForEach(End);
            sections.Clear();
        }
    }

    // Fault caught: tickets that double each time that fewer than half of them are free.
    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(128)]
    public void Sections_within_long_ones_do_not_make_it_more(int longOnes)
    {
        for (int i = 0; i < longOnes; i++)
        {
            Begin();
        }

        for (int i = 0; i < 1_000; i++)
        {
            Held outer = Begin();
            Held inner = Begin();
            End(outer);
            End(inner);
        }

        Assert.InRange(_slot->TicketCount, longOnes + 2, (2 * (longOnes + 2)) + 4);
    }

    // A first-chance handler ran on the thread while the place was being recorded, and used the ticket.
    [Fact]
    public void A_section_whose_ticket_was_used_meanwhile_is_not_recorded()
    {
        Ticket* ticket = SlotTickets.Prepare(_slot, Domain);
        ulong number = ticket->Number + 1;
        SleepableSection.Release(ticket, SleepableSection.Enter(ticket, _slot, _slots.State));
        SectionSites.OfProcess.Open(ticket, number);
        Assert.False(SectionSites.OfProcess.TryFind(ticket, number, out _));
    }

    // Fault caught: a ticket given to another domain while a section of a domain that is gone is open under it.
    [Fact]
    public void The_store_keeps_a_ticket_back_until_its_section_has_ended()
    {
        TicketStore store = new();
        Ticket* free = store.Take();
        Ticket* open = store.Take();
        SleepableSection.Announce(open, open->Number + 1, 1);
        free->Next = open;
        open->Next = null;
        store.GiveBack(free);
        HashSet<nint> taken = [];
        for (int i = 0; i < 200; i++)
        {
            Assert.True(taken.Add((nint)store.Take()));
        }

        Assert.DoesNotContain((nint)open, taken);
        SleepableSection.Release(open, open->Number);
        for (int i = 0; i < 200 && taken.Add((nint)store.Take()); i++)
        {
        }

        Assert.Contains((nint)open, taken);
    }

    private ReaderSlot* AddSlot(ThreadLife? life = null) =>
        _slots.Extend(new SlotOwner(_slots, life ?? ThreadLife.OfCurrent()));

    private bool TryGracePeriod() => _engine.TryAdvance(_engine.NextTarget());

    private void Pass(int gracePeriods)
    {
        for (int i = 0; i < gracePeriods; i++)
        {
            Assert.True(TryGracePeriod());
        }
    }

    private Held Begin() => Begin(_slot);

    private Held Begin(ReaderSlot* slot)
    {
        Ticket* ticket = SlotTickets.Prepare(slot, Domain);
        return new Held((nint)ticket, SleepableSection.Enter(ticket, slot, _slots.State));
    }

    private static void End(Held section) => SleepableSection.Release((Ticket*)section.Ticket, section.Number);

    private readonly record struct Held(nint Ticket, ulong Number);
}
