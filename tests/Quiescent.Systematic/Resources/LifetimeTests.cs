using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Resources;

// L1, L2 and L4: memory that is closed while sections come and go, some of which began earlier, and that is never
// unlinked.
public unsafe class LifetimeTests
{
    // Catches a use after the close that nobody records, or that the release after the first grace period ignores.
    [Fact]
    public void Memory_that_is_closed_under_its_readers_stays_for_each_that_could_use_it() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Owner owner = new();
        RcuMemoryManager<Block> memory = new(owner.Block, 1, owner, domain);
        bool isClosed = false;
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                for (int round = 0; round < 2; round++)
                {
                    using ReadGuard guard = domain.ReadLock();
                    bool isEarly = !isClosed;
                    for (int use = 0; use < 2; use++)
                    {
                        if (!TryRead(in guard, memory))
                        {
                            Schedule.Require(!isEarly, "A reader that began before the close was refused.");
                            break;
                        }
                    }
                }
            });
        }

        isClosed = true;
        ((IDisposable)memory).Dispose();
        schedule.JoinAll();
        domain.Barrier();
        domain.Barrier();
        Schedule.Require(owner.Block->IsFreed, "The memory was not released.");
    });

    // Catches a pin that is counted in two steps, or a release that checks for none.
    [Fact]
    public void A_pin_keeps_the_memory_beyond_its_section() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Owner owner = new();
        RcuMemoryManager<Block> memory = new(owner.Block, 1, owner, domain);
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                try
                {
                    using System.Buffers.MemoryHandle pin = memory.Pin();
                    Block.Read((Block*)pin.Pointer);
                }
                catch (ObjectDisposedException)
                {
                    Schedule.Require(owner.Block->IsFreed, "A pin was refused before the release.");
                }
            });
        }

        ((IDisposable)memory).Dispose();
        schedule.JoinAll();
        domain.Barrier();
        Schedule.Require(owner.Block->IsFreed, "The memory was not released.");
    });

    private static bool TryRead(in ReadGuard guard, RcuMemoryManager<Block> memory)
    {
        try
        {
            fixed (Block* block = guard.Dereference(memory))
            {
                Block.Read(block);
                return true;
            }
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private sealed class Owner : IDisposable
    {
        public Block* Block { get; } = Support.Block.Create();

        public void Dispose() => Support.Block.Free(Block);
    }
}
