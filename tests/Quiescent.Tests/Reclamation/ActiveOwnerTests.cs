using System.Runtime.InteropServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public sealed unsafe class ActiveOwnerTests
{
    // The owner of a queue of a user deallocator collects nothing itself (O8). Fails when the reclaimer leaves a queue to an owner
    // that goes on filling pages: nothing was freed before the backlog limit.
    [Fact]
    public void A_thread_that_goes_on_filling_pages_for_a_user_deallocator_is_kept_up_with()
    {
        using RcuDomain domain = Domains.New();
        int queued = 0;
        do
        {
            for (int i = 0; i < 1_000; i++)
            {
                domain.Free<FreeingHeap>(NativeMemory.Alloc(16));
                queued++;
            }

            Assert.True(queued < domain.Options.BacklogLimit, "Nothing was freed below the limit.");
        }
        while (domain.GetStatistics().BlocksFreed == 0);

        Assert.Equal(queued, Books.MustBalance(domain).BlocksFreed);
    }

    private readonly struct FreeingHeap : INativeDeallocator
    {
        public static void Free(void* block) => NativeMemory.Free(block);
    }
}
