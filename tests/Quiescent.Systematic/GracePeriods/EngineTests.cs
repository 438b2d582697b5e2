using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.GracePeriods;

public unsafe class EngineTests
{
    [Fact]
    public void A_section_never_sees_a_block_freed_after_synchronize() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = new(Domains.Options);
        RcuPointer<Block> published = default;
        published.Assign(Block.Create(1));
        RcuPointer<Block>* pointer = &published;
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                for (int j = 0; j < 2; j++)
                {
                    using ReadGuard guard = domain.ReadLock();
                    Block.Read(guard.DereferencePointer(in *pointer));
                }
            });
        }

        schedule.Start(() =>
        {
            Block* old = pointer->Exchange(Block.Create(2));
            domain.Synchronize();
            Block.Free(old);
        });
        schedule.JoinAll();
    });
}
