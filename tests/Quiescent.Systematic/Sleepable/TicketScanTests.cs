using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Sleepable;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Sleepable;

// Sleepable sections against the scan of their tickets, and releases against each other.
public unsafe class TicketScanTests
{
    private const int Sections = 3;
    private const int GracePeriods = 2;

    // Catches a section announced behind its loads, and a scan that takes a ticket's words for those of one section.
    [Fact]
    public void No_block_is_freed_under_a_section() => Exploration.Run(
        threads: 3, isCloseUp: true, scenario: schedule =>
    {
        Subject subject = new();
        schedule.Start(() => subject.Read(reader: 0));
        schedule.Start(() => subject.Read(reader: 1));
        subject.Update();
        schedule.JoinAll();
        subject.MustBeEmpty();
    });

    // Catches a scan that passes an open ticket by because its section is not of the grace period before. Two sections
    // load Started before anything else, and are announced when one grace period has passed, or two.
    [Fact]
    public void A_section_held_up_before_it_is_announced_is_waited_for() => Exploration.Run(
        threads: 3, isCloseUp: true, scenario: schedule =>
    {
        Subject subject = new();
        ulong started = subject.Started;
        for (int i = 0; i < 2; i++)
        {
            int reader = i;
            schedule.Start(() =>
            {
                Schedule.Until(() => subject.IsUpdated);
                Ticket* ticket = subject.Prepare(reader);
                ulong number = ticket->Number + 1;
                SleepableSection.Announce(ticket, number, started);
                Block.Read(subject.Dereference());
                SleepableSection.Release(ticket, number);
            });
        }

        subject.Update();
        schedule.JoinAll();
        subject.MustBeEmpty();
    });

    // A thread with several sections open adds tickets while a scan looks through its list.
    [Fact]
    public void Sections_within_sections_are_waited_for() => Exploration.Run(
        threads: 2, isCloseUp: true, scenario: schedule =>
    {
        Subject subject = new();
        schedule.Start(() => subject.ReadNested(reader: 0, depth: 6));
        subject.Update();
        schedule.JoinAll();
        subject.MustBeEmpty();
    });

    [Fact]
    public void A_section_that_another_thread_ends_is_held_until_then() => Exploration.Run(
        threads: 3, isCloseUp: true, scenario: schedule =>
    {
        Subject subject = new();
        Ticket* ticket = subject.Enter(reader: 1, out ulong number);
        Block* block = subject.Dereference();
        schedule.Start(() =>
        {
            Block.Read(block);
            SleepableSection.Release(ticket, number);
            subject.Read(reader: 2);
        });
        schedule.Start(() => subject.Read(reader: 0));
        subject.Update();
        schedule.JoinAll();
        subject.MustBeEmpty();
    });

    // Two threads release one lock; its opener goes on with the ticket as soon as it is free.
    [Fact]
    public void A_lock_is_released_once() => Exploration.Run(threads: 3, isCloseUp: true, scenario: schedule =>
    {
        Subject subject = new();
        Ticket* ticket = subject.Enter(reader: 0, out ulong number);
        int released = 0;
        schedule.Start(() => released = subject.TryRelease(ticket, number) + released);
        schedule.Start(() => released = subject.TryRelease(ticket, number) + released);
        Schedule.Until(() => (ticket->Number & 1) == 0);
        subject.TryGracePeriod();
        Ticket* next = subject.Enter(reader: 0, out ulong nextNumber);
        schedule.JoinAll();
        Schedule.Require(next == ticket, "The opener took another ticket.");
        Schedule.Require(released == 1, $"The lock was released {released} times.");
        Schedule.Require(
            !subject.TryGracePeriod(), "A grace period ended under a section whose ticket was used before.");
        SleepableSection.Release(next, nextNumber);
        subject.MustBeEmpty();
    });

    // Two threads take tickets from the store and give them back, some of them open.
    [Fact]
    public void No_ticket_has_two_sections() => Exploration.Run(threads: 2, scenario: schedule =>
    {
        TicketStore store = new();
        List<nint> open = [];
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                for (int section = 0; section < 3; section++)
                {
                    Ticket* ticket = store.Take();
                    Schedule.Require(!Ticket.IsOpen(ticket), "An open ticket was given away.");
                    Schedule.Require(!open.Contains((nint)ticket), "A ticket was given to two sections.");
                    open.Add((nint)ticket);
                    ulong number = ticket->Number + 1;
                    SleepableSection.Announce(ticket, number, 1);
                    ticket->Next = null;
                    if (section == 0)
                    {
                        open.Remove((nint)ticket);
                        SleepableSection.Release(ticket, number);
                    }

                    store.GiveBack(ticket);
                }
            });
        }

        schedule.JoinAll();
    });

    // An engine over the tickets of three slots, whoever uses them, and a published block.
    private sealed class Subject
    {
        private readonly SlotTable _slots = new(ThreadQueues.Bytes, new PagePool(), fullFence: true, validate: false);
        private readonly GracePeriodEngine _engine;
        private readonly Published _published = new();

        public Subject()
        {
            Domains.ReserveTickets();
            _engine = GracePeriodEngine.Over<TicketSections>(_slots);
            for (int i = 0; i < 3; i++)
            {
                _slots.Extend(new SlotOwner(_slots, ThreadLife.OfCurrent()));
            }
        }

        /// <summary>Whether a grace period that the updater asked for has passed.</summary>
        public bool IsUpdated { get; private set; }

        public ulong Started => _slots.State->Started;

        public Ticket* Prepare(int reader) => SlotTickets.Prepare(_slots[reader], domain: 1);

        public Ticket* Enter(int reader, out ulong number)
        {
            Ticket* ticket = Prepare(reader);
            number = SleepableSection.Enter(ticket, _slots[reader], _slots.State);
            return ticket;
        }

        public Block* Dereference()
        {
            SrcuReadLock section = default;
            return section.DereferencePointer(in _published.Pointer);
        }

        public void Read(int reader)
        {
            for (int i = 0; i < Sections; i++)
            {
                Ticket* ticket = Enter(reader, out ulong number);
                Block.Read(Dereference());
                SleepableSection.Release(ticket, number);
            }
        }

        public void ReadNested(int reader, int depth)
        {
            if (depth == 0)
            {
                return;
            }

            Ticket* ticket = Enter(reader, out ulong number);
            Block* block = Dereference();
            ReadNested(reader, depth - 1);
            Block.Read(block);
            SleepableSection.Release(ticket, number);
        }

        public void Update()
        {
            for (int i = 1; i <= GracePeriods; i++)
            {
                Block* old = _published.Replace(i);
                ulong target = _engine.NextTarget();
                while (!_engine.TryAdvance(target))
                {
                    Thread.Sleep(1);
                }

                Block.Free(old);
                IsUpdated = true;
            }
        }

        public bool TryGracePeriod() => _engine.TryAdvance(_engine.NextTarget());

        public int TryRelease(Ticket* ticket, ulong number)
        {
            try
            {
                SleepableSection.Release(ticket, number);
                return 1;
            }
            catch (InvalidOperationException)
            {
                return 0;
            }
        }

        public void MustBeEmpty()
        {
            Schedule.Require(_engine.OpenSections == 0, $"{_engine.OpenSections} sections are open.");
            Schedule.Require(TryGracePeriod(), "A grace period waits for nobody.");
        }
    }
}
