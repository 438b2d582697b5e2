using Quiescent.Scale.Workloads.Flooding;

namespace Quiescent.Tool.Tests.Scale.Workloads;

public sealed class FloodTests
{
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(20);

    [Fact]
    public void A_turn_ends_when_every_block_it_replaced_has_been_freed()
    {
        AssertFreed<HeadLess>();
        AssertFreed<Head>();
        AssertFreed<Bulk>();
        AssertFreed<UserDeallocator>();
    }

    [Fact]
    public void A_turn_counts_the_reads_of_its_readers()
    {
        FloodResult alone =
            Flood.Turn<OwnScheme<HeadLess>, OwnSlot>(slots => new(slots, default), new FloodShape(1, 0), s_turn);
        FloodResult read =
            Flood.Turn<OwnScheme<HeadLess>, OwnSlot>(slots => new(slots, default), new FloodShape(1, 1), s_turn);
        Assert.Equal(0, alone.Reads);
        Assert.True(read.Reads > 0);
    }

    // A block that is freed twice, or under a reader, ends the process or shows another's value.
    [Fact]
    public void A_reader_that_counts_sees_the_values_of_its_slot_only()
    {
        using Slots slots = new(OwnSlot.SlotsFor(1));
        Counted scheme = new(slots);
        scheme.Fill(0);
        const int Replaced = 200_000;
        Thread updater = new(() =>
        {
            for (int i = 1; i <= Replaced; i++)
            {
                scheme.Replace(0, i);
            }
        });
        updater.Start();
        long last = 0;
        while (last < Replaced)
        {
            long value = scheme.Read(0);
            Assert.InRange(value, last, Replaced);
            last = value;
        }

        updater.Join();
        scheme.Clear(0);
    }

    [Fact]
    public void Random_slots_lie_within_the_table()
    {
        AnySlot pick = AnySlot.For(0);
        int count = AnySlot.SlotsFor(1);
        for (int i = 0; i < 1_000; i++)
        {
            Assert.InRange(pick.Next(), 0, count - 1);
        }
    }

    private static void AssertFreed<TForm>()
        where TForm : struct, IForm
    {
        long before = Rcu.GetStatistics().BlocksFreed;
        FloodResult result =
            Flood.Turn<OwnScheme<TForm>, OwnSlot>(slots => new(slots, default), new FloodShape(2, 1), s_turn);
        Assert.True(result.Objects > 0);

        // Other tests may use the default domain meanwhile.
        Assert.True(Rcu.GetStatistics().BlocksFreed - before >= result.Objects);
    }
}
