using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

// O11 (disposal loses nothing): Dispose reclaims an item queued while it runs, or the append is refused.
public unsafe class DisposalTests
{
    // Catches append-lost-in-dispose, and a withdrawal of a reclaimed item.
    [Fact]
    public void An_append_is_reclaimed_or_refused() => Exploration.Run(threads: 2, scenario: schedule =>
    {
        int form = schedule.Choose(3);

        // Under a small limit each append looks at the domain's flags; else only one that is sent to.
        RcuDomain domain = schedule.Choose(2) == 0 ? Domains.WithPagesOf(2) : Domains.Create();
        int kept = 0;
        bool isRegistered = schedule.Choose(2) == 0;
        schedule.Start(() =>
        {
            try
            {
                domain.RegisterReader().Dispose();
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            isRegistered = true;
            for (int i = 1; i <= 2; i++)
            {
                Block* block = Block.Create(i);
                try
                {
                    Free(domain, block, form);
                    kept++;
                }
                catch (ObjectDisposedException)
                {
                    Schedule.Require(!block->IsFreed, $"Block {i} was refused, and freed.");
                }
            }
        });

        // In half of the schedules the disposal may also come while the thread registers.
        Schedule.Until(() => isRegistered);
        domain.Dispose();
        schedule.JoinAll();
        Schedule.Require(schedule.Freed.Count == kept, $"{kept} blocks were taken, {schedule.Freed.Count} were freed.");
    });

    private static void Free(RcuDomain domain, Block* block, int form)
    {
        switch (form)
        {
            case 0:
                domain.Free(block);
                break;
            case 1:
                domain.Free(block, &block->Head);
                break;
            default:
                domain.FreeBulk([(nint)block]);
                break;
        }
    }
}
