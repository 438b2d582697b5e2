using Quiescent.GracePeriods;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Sleepable;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Sleepable;

// Sleepable sections against the scans of their counters, and releases against each other.
public unsafe class StripeScanTests
{
    private const int Sections = 3;
    private const int GracePeriods = 2;

    // Catches a stripe left out, and an end counted in another set: either frees a block under a reader.
    [Fact]
    public void No_block_is_freed_under_a_section() => Exploration.Run(
        threads: 3, isCloseUp: true, scenario: schedule =>
    {
        Subject subject = new();
        schedule.Start(() => subject.Read(stripe: 0));
        schedule.Start(() => subject.Read(stripe: 1));
        subject.Update();
        schedule.JoinAll();
        subject.MustBeEmpty();
    });

    // Catches a single flip: two sections read Index before anything else, and count when it has flipped once, or
    // twice.
    [Fact]
    public void A_section_held_up_before_it_counts_is_waited_for() => Exploration.Run(
        threads: 3, isCloseUp: true, scenario: schedule =>
    {
        Subject subject = new();
        int index = subject.Index;
        for (int i = 0; i < 2; i++)
        {
            Ticket* ticket = subject.Tickets + i;
            schedule.Start(() =>
            {
                Schedule.Until(() => subject.IsUpdated);
                ulong number = subject.Enter(ticket, stripe: 0, index);
                Block.Read(subject.Dereference());
                SleepableSection.Release(ticket, number);
            });
        }

        subject.Update();
        schedule.JoinAll();
        subject.MustBeEmpty();
    });

    // Catches sums in the wrong order: a short section, held up after its look at Index, begins and ends between them,
    // and its Unlock stands in for the old section's.
    [Fact]
    public void A_short_section_does_not_hide_an_old_one() => Exploration.Run(
        threads: 3, isCloseUp: true, scenario: schedule =>
    {
        Subject subject = new();
        int index = subject.Index;
        Ticket* ticket = subject.Tickets;
        ulong number = subject.Enter(ticket, stripe: 0);
        Block* block = subject.Dereference();
        Thread reader =
            schedule.Start(() => SleepableSection.Release(ticket + 1, subject.Enter(ticket + 1, stripe: 1, index)));
        schedule.Start(subject.Update);
        reader.Join();
        for (int i = 0; i < 8; i++)
        {
            Block.Read(block);
        }

        SleepableSection.Release(ticket, number);
        schedule.JoinAll();
        subject.MustBeEmpty();
    });

    [Fact]
    public void A_section_that_another_thread_ends_is_held_until_then() => Exploration.Run(
        threads: 3, isCloseUp: true, scenario: schedule =>
    {
        Subject subject = new();
        Ticket* ticket = subject.Tickets;
        ulong number = subject.Enter(ticket, stripe: 1);
        Block* block = subject.Dereference();
        schedule.Start(() =>
        {
            Block.Read(block);
            SleepableSection.Release(ticket, number);
            subject.Read(stripe: 1, first: 1);
        });
        schedule.Start(() => subject.Read(stripe: 0, first: 4));
        subject.Update();
        schedule.JoinAll();
        subject.MustBeEmpty();
    });

    // Two threads release one lock; its opener goes on with the ticket as soon as it is free, and another section stays
    // open.
    [Fact]
    public void A_lock_is_released_once() => Exploration.Run(threads: 3, isCloseUp: true, scenario: schedule =>
    {
        Subject subject = new();
        Ticket* ticket = subject.Tickets;
        ulong number = subject.Enter(ticket, stripe: 0);
        int released = 0;
        schedule.Start(() => released = subject.TryRelease(ticket, number) + released);
        schedule.Start(() => released = subject.TryRelease(ticket, number) + released);
        Schedule.Until(() => (ticket->Number & 1) == 0);
        subject.TryGracePeriod();
        ulong next = subject.Enter(ticket, stripe: 1);
        schedule.JoinAll();
        Schedule.Require(released == 1, $"The lock was released {released} times.");
        Schedule.Require(
            !subject.TryGracePeriod(), "A grace period ended under a section whose ticket was used before.");
        SleepableSection.Release(ticket, next);
        subject.MustBeEmpty();
    });

    // Threads open sections and end, some with their section open: their tickets go to others, except the ticket of an
    // open section.
    [Fact]
    public void No_ticket_has_two_sections() => Exploration.Run(threads: 2, scenario: schedule =>
    {
        Subject subject = new();
        TicketStore store = new();
        List<nint> open = [];
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                for (int section = 0; section < 2; section++)
                {
                    Ticket* ticket = store.Prepare()->Current;
                    Schedule.Require(!open.Contains((nint)ticket), "A ticket was given to two sections.");
                    open.Add((nint)ticket);
                    ulong number = subject.Enter(ticket, stripe: 0);
                    if (section == 0)
                    {
                        open.Remove((nint)ticket);
                        SleepableSection.Release(ticket, number);
                    }
                }
            });
        }

        schedule.JoinAll();
        schedule.Start(
            () =>
                Schedule.Require(
                    !open.Contains((nint)store.Prepare()->Current), "The ticket of an open section was given away."));
        schedule.JoinAll();
    });

    // An engine over stripes, tickets that nobody else has, and a published block.
    private sealed class Subject
    {
        private readonly Stripes _stripes = new();
        private readonly GracePeriodEngine _engine;
        private readonly Published _published = new();
        private readonly Ticket[] _tickets = GC.AllocateArray<Ticket>(8, pinned: true);

        public Subject()
        {
            SlotTable slots = new(ThreadQueues.Bytes, new PagePool(), fullFence: true, validate: false);
            _engine = new GracePeriodEngine(slots, new DeadReaders(slots), new StripeScan(_stripes, new TicketStore()));
        }

        // SAFETY: the array is pinned, and this object outlives the schedule's threads.
        public Ticket* Tickets => (Ticket*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _tickets[0]);

        /// <summary>Whether a grace period that the updater asked for has passed.</summary>
        public bool IsUpdated { get; private set; }

        /// <summary>The block that a section finds which begins now, however much later it counts.</summary>
        public int Index => Stripes.Index(_stripes.Memory);

        public ulong Enter(Ticket* ticket, int stripe) => Enter(ticket, stripe, Index);

        public ulong Enter(Ticket* ticket, int stripe, int index) =>
            SleepableSection.Enter(ticket, Stripes.Counts(_stripes.Memory, stripe & _stripes.Mask, index));

        public Block* Dereference()
        {
            SrcuReadLock section = default;
            return section.DereferencePointer(in _published.Pointer);
        }

        public void Read(int stripe, int first = -1)
        {
            Ticket* ticket = Tickets + (first < 0 ? stripe : first);
            for (int i = 0; i < Sections; i++)
            {
                ulong number = Enter(ticket, stripe);
                Block.Read(Dereference());
                SleepableSection.Release(ticket, number);
            }
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
            Schedule.Require(_stripes.OpenSections == 0, $"{_stripes.OpenSections} sections are open.");
            Schedule.Require(TryGracePeriod(), "A grace period waits for nobody.");
        }
    }
}
