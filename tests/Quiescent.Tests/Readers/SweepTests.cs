using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// When a registration looks for the slots of dead threads.
public sealed unsafe class SweepTests
{
    // Fault caught: each registration looks at every slot, so that the ten-thousandth thread pays for ten thousand.
    [Fact]
    public void Each_registration_of_a_growing_table_pays_for_a_few_slots()
    {
        const int Threads = 10_000;
        SlotTable slots = new(queueBytes: 64, queueMemory: null, fullFence: true, validate: false);
        SlotOwner owner = new(slots, ThreadLife.OfCurrent());
        long looks = 0;
        for (int i = 0; i < Threads; i++)
        {
            if (slots.IsSweepDue)
            {
                slots.BeginSweep();
                looks += slots.End;
            }

            slots.Extend(owner);
        }

        Assert.InRange(looks, Threads, 16 * Threads);
    }

    // Fault caught: a large table is never swept, and grows with each thread that comes and goes.
    [Fact]
    public void A_table_grows_by_an_eighth_at_most_beside_threads_that_come_and_go()
    {
        const int Staying = 160;
        const int Passing = 200;
        using RcuDomain domain = Domains.New();
        using CountdownEvent registered = new(Staying);
        using ManualResetEventSlim mayEnd = new();
        Worker[] staying = Worker.StartMany(Staying, _ =>
        {
            domain.ReadLock().Dispose();
            registered.Signal();
            Until.Set(mayEnd);
        });
        Until.True(() => registered.IsSet);
        for (int i = 0; i < Passing; i++)
        {
            Worker.Run(() => domain.ReadLock().Dispose());
        }

        Assert.InRange(domain.GetStatistics().ReaderSlots, Staying + 1, Staying + (Staying / 8) + 4);
        mayEnd.Set();
        Worker.JoinAll(staying);
        Assert.Equal(0, domain.GetStatistics().ReaderSlotsInUse);
    }
}
