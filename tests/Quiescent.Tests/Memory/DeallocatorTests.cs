using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Memory;

public unsafe class DeallocatorTests
{
    [Fact]
    public void The_two_built_in_deallocators_are_no_code_and_each_user_one_has_a_channel_of_its_own()
    {
        int native = Deallocator<NativeHeap>.Channel;
        int aligned = Deallocator<AlignedNativeHeap>.Channel;
        int counting = Deallocator<CountingHeap>.Channel;
        int flagging = Deallocator<FlaggingHeap>.Channel;
        Assert.Equal(4, new HashSet<int> { native, aligned, counting, flagging }.Count);
        Assert.False(Deallocators.IsCode(native));
        Assert.False(Deallocators.IsCode(aligned));
        Assert.True(Deallocators.IsCode(counting));
        Assert.True(Deallocators.IsCode(flagging));
    }

    [Fact]
    public void Aligned_blocks_are_freed_with_and_without_a_head()
    {
        using RcuDomain domain = Domains.New();
        for (int i = 0; i < 5_000; i++)
        {
            Forms.Queue(domain, i % 2 == 0 ? Form.Aligned : Form.AlignedHead);
        }

        Assert.Equal(5_000, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    [Fact]
    public void A_user_deallocator_gets_each_block_once_on_the_reclaimer()
    {
        const int Count = 5_000;
        using FlaggedBlocks blocks = new(Count);
        using RcuDomain domain = Domains.New();
        long strays = FlaggingHeap.Strays;
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < Count; i++)
            {
                if (i % 2 == 0)
                {
                    domain.Free<FlaggingHeap>(blocks[i]);
                }
                else
                {
                    domain.Free<FlaggingHeap>(blocks[i], &blocks[i]->Head);
                }
            }

            blocks.MustBeFreedOnce(0);
        }

        Assert.Equal(Count, RcuAssert.BooksBalance(domain).BlocksFreed);
        blocks.MustBeFreedOnce(Count);
        Assert.Equal(strays, FlaggingHeap.Strays);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4095 - 1)]
    [InlineData(4095)]
    public void A_user_deallocator_gets_the_start_of_the_block_wherever_the_head_lies(int offset)
    {
        using RcuDomain domain = Domains.New();
        nint* block = (nint*)NativeMemory.Alloc((4095 * 8) + (nuint)sizeof(RcuHead));
        RememberingHeap.Last = 0;
        domain.Free<RememberingHeap>(block, (RcuHead*)(block + offset));
        domain.Barrier();
        Assert.Equal((nint)block, RememberingHeap.Last);
        NativeMemory.Free(block);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_user_deallocator_that_throws_is_reported_and_the_rest_is_freed(bool withHead)
    {
        const int Count = 1_200;
        using FlaggedBlocks blocks = new(Count);
        using RcuDomain domain = Domains.New();
        int reports = 0;
        domain.CallbackFailed += (_, report) => reports += report.Exception is InvalidTimeZoneException ? 1 : 0;
        for (int i = 0; i < Count; i++)
        {
            if (withHead)
            {
                domain.Free<ThrowingHeap>(blocks[i], &blocks[i]->Head);
            }
            else
            {
                domain.Free<ThrowingHeap>(blocks[i]);
            }
        }

        RcuStatistics books = RcuAssert.AllReclaimed(domain);
        blocks.MustBeFreedOnce(Count);
        Assert.Equal(Count, books.BlocksFreed);
        Assert.Equal(Count, books.CallbacksFailed);
        Assert.Equal(Count, reports);
        Assert.Equal(0, books.CallbacksQueued);
    }

    [Fact]
    public void A_user_deallocator_may_queue_blocks_of_its_own_kind()
    {
        using RcuDomain domain = Domains.New();
        FreeingHeap.Domain = domain;
        void* block = NativeMemory.AllocZeroed(8);
        *(int*)block = 2_000;
        domain.Free<FreeingHeap>(block);
        Until.True(() => Forms.Reclaimed(domain) == 2_001);
        RcuAssert.BooksBalance(domain);
        FreeingHeap.Domain = null;
    }

    [Fact]
    public void Many_deallocators_in_one_thread_keep_their_blocks_apart()
    {
        using RcuDomain domain = Domains.New();
        using FlaggedBlocks blocks = new(600);
        long counted = CountingHeap.Freed;
        for (int i = 0; i < blocks.Count; i++)
        {
            Forms.Queue(domain, Form.Headless);
            Forms.Queue(domain, Form.Aligned);
            Forms.Queue(domain, Form.User);
            domain.Free<FlaggingHeap>(blocks[i]);
        }

        Assert.Equal(4 * blocks.Count, RcuAssert.BooksBalance(domain).BlocksFreed);
        blocks.MustBeFreedOnce(blocks.Count);
        Assert.Equal(counted + blocks.Count, CountingHeap.Freed);
    }

    private readonly struct RememberingHeap : INativeDeallocator
    {
        public static nint Last { get; set; }

        public static void Free(void* block) => Last = (nint)block;
    }

    private readonly struct ThrowingHeap : INativeDeallocator
    {
        public static void Free(void* block)
        {
            FlaggingHeap.Free(block);
            throw new InvalidTimeZoneException();
        }
    }

    // Each block names how many follow it, one in the next.
    private readonly struct FreeingHeap : INativeDeallocator
    {
        public static RcuDomain? Domain { get; set; }

        public static void Free(void* block)
        {
            int left = *(int*)block;
            for (; left > 0; left--)
            {
                Domain!.Free<FreeingHeap>(NativeMemory.AllocZeroed(8));
            }

            NativeMemory.Free(block);
        }
    }
}
