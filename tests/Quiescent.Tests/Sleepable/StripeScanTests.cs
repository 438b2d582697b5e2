using System.Runtime.InteropServices;
using Quiescent.GracePeriods;
using Quiescent.Readers;
using Quiescent.Sleepable;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Sleepable;

// The engine over stripes, step by step: the test makes both halves of a section, reading Index and counting.
public sealed unsafe class StripeScanTests : IDisposable
{
    private readonly Stripes _stripes = new();
    private readonly GracePeriodEngine _engine;
    private readonly Ticket* _tickets = (Ticket*)NativeMemory.AllocZeroed(8 * Ticket.Bytes);
    private int _used;

    public StripeScanTests()
    {
        SlotTable slots = new(queueBytes: 64, queueMemory: null, fullFence: true, validate: false);
        _engine = new GracePeriodEngine(slots, new DeadReaders(slots), new StripeScan(_stripes, new TicketStore()));
    }

    public void Dispose()
    {
        NativeMemory.Free(_tickets);
        GC.KeepAlive(_stripes);
    }

    [Fact]
    public void A_grace_period_without_sections_ends_at_once() => Assert.True(TryGracePeriod());

    // Whichever set is in use, and so whichever of the two scans meets the section.
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

    // One flip and one scan would miss a section that read Index, was held up across flips, and counted in a set that
    // has gone out of use since.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_section_held_up_before_it_counts_is_waited_for_from_then_on(int flips)
    {
        int index = Stripes.Index(_stripes.Memory);
        Pass(flips);
        Held section = Count(index);
        Assert.False(TryGracePeriod());
        End(section);
        Assert.True(TryGracePeriod());
    }

    // A scan that sums Locks first would see nobody: the old section's Lock and the short one's Unlock cancel out.
    [Fact]
    public void Unlocks_never_count_for_another_section()
    {
        Held old = Begin();
        for (int i = 0; i < 3; i++)
        {
            End(Begin());
            Assert.False(TryGracePeriod());
        }

        End(old);
        Assert.True(TryGracePeriod());
    }

    // A scan that reads one stripe instead of another would miss sections in the other.
    [Fact]
    public void A_section_is_seen_in_whichever_stripe_it_counts()
    {
        for (int stripe = 0; stripe <= _stripes.Mask; stripe++)
        {
            Held section = Count(Stripes.Index(_stripes.Memory), stripe);
            Assert.False(TryGracePeriod(), $"A section of stripe {stripe} was missed.");
            End(section);
            Assert.True(TryGracePeriod());
        }
    }

    // Sections that come without pause: each begins before the last has ended. A scan that never flipped would wait for
    // them for ever.
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

    [Fact]
    public void Each_grace_period_changes_the_set_in_use()
    {
        int before = Stripes.Index(_stripes.Memory);
        Pass(1);
        Assert.NotEqual(before, Stripes.Index(_stripes.Memory));
        Pass(1);
        Assert.Equal(before, Stripes.Index(_stripes.Memory));
    }

    // Counts that two threads make at one time must not be lost: one stripe for both, as after a thread has moved to
    // another processor.
    [Fact]
    public void Counts_are_exact_when_threads_share_a_stripe()
    {
        const int Readers = 2;
        const long Rounds = 4_000_000; // Long enough for the threads to run at the same time on a busy machine too.
        using Barrier together = new(Readers);
        Worker[] readers = Worker.StartMany(
            Readers,
            number =>
            {
                together.SignalAndWait(CancellationToken.None);
                Ticket* ticket = &_tickets[number];
                SectionCounts* counts = Stripes.Counts(_stripes.Memory, stripe: 0, index: 0);
                for (long i = 0; i < Rounds; i++)
                {
                    SleepableSection.Release(ticket, SleepableSection.Enter(ticket, counts));
                }
            },
            "reader");
        Array.ForEach(readers, reader => reader.Join());
        Assert.Equal(
            (Readers * Rounds, Readers * Rounds),
            (_stripes.Sum(0, ofUnlocks: false), _stripes.Sum(0, ofUnlocks: true)));
        Assert.True(TryGracePeriod());
    }

    private bool TryGracePeriod() => _engine.TryAdvance(_engine.NextTarget());

    private void Pass(int gracePeriods)
    {
        for (int i = 0; i < gracePeriods; i++)
        {
            Assert.True(TryGracePeriod());
        }
    }

    private Held Begin() => Count(Stripes.Index(_stripes.Memory));

    private Held Count(int index, int stripe = 0)
    {
        Ticket* ticket = &_tickets[_used++];
        return new Held((nint)ticket, SleepableSection.Enter(ticket, Stripes.Counts(_stripes.Memory, stripe, index)));
    }

    private static void End(Held section) => SleepableSection.Release((Ticket*)section.Ticket, section.Number);

    private readonly record struct Held(nint Ticket, ulong Number);
}
