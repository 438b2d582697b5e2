using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Tests.Pools;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Validation;

// A block queued twice: the exception names both places, whatever the two forms, and the first stands.
public unsafe class DoubleFreeTests
{
    public enum How
    {
        Headless,
        Bulk,
        Head,
        User,
        UserHead,
        Function,
    }

    public static TheoryData<How, How> Pairs
    {
        get
        {
            TheoryData<How, How> pairs = [];
            foreach (How first in Enum.GetValues<How>())
            {
                foreach (How second in Enum.GetValues<How>())
                {
                    // Nobody knows the size of a user deallocator's block, nor therefore which heads lie in it.
                    if ((first, second) is not ((How.User, How.Function) or (How.Function, How.User)))
                    {
                        pairs.Add(first, second);
                    }
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Both_places_are_named(How first, How second)
    {
        using RcuDomain domain = Domains.New(validate: true);
        Block* block = NewBlock();
        using (new ParkedReader(domain))
        {
            FirstPlace(domain, first, block);
            MustNameBoth(() => SecondPlace(domain, second, block));
            RcuStatistics books = domain.GetStatistics();
            Assert.Equal(1, books.BlocksWaiting + books.CallbacksWaiting);
        }

        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: a ledger of each domain's own.
    [Fact]
    public void Two_domains_cannot_have_the_same_block()
    {
        using RcuDomain one = Domains.New(validate: true);
        using SrcuDomain other = new(new RcuDomainOptions { Validate = true });
        Block* block = NewBlock();
        using (new ParkedReader(one))
        {
            FirstPlace(one, How.Headless, block);
            MustNameBoth(() => SecondPlace(other, How.Head, block));
        }

        Assert.Equal(0, RcuAssert.BooksBalance(other).BlocksQueued);
        RcuAssert.BooksBalance(one);
    }

    // Fault caught: a ledger that forgets a block once its grace period has passed.
    [Theory]
    [InlineData(How.Headless)]
    [InlineData(How.Bulk)]
    [InlineData(How.Head)]
    [InlineData(How.Function)]
    public void A_block_queued_again_after_it_was_reclaimed_names_both_places(How second)
    {
        using RcuDomain domain = Domains.New(validate: true);
        Block* block = NewBlock();
        FirstPlace(domain, How.Headless, block);
        domain.Barrier();
        MustNameBoth(() => SecondPlace(domain, second, block));
        Assert.Equal(1, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    [Fact]
    public void One_head_cannot_wait_for_two_blocks()
    {
        using RcuDomain domain = Domains.New(validate: true);
        Block* block = NewBlock();
        using (new ParkedReader(domain))
        {
            FirstPlace(domain, How.Head, block);
            MustNameBoth(() => SecondPlaceInside(domain, block)); // The same head, given for a block that begins later.
        }

        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_pool_s_block_names_both_places(bool waits, bool now)
    {
        using RcuDomain domain = Domains.New(validate: true);
        using RcuPool<Item> pool = new(domain);
        Item* block = pool.Rent();
        FirstPlace(pool, block);
        if (!waits)
        {
            domain.Barrier();
        }

        MustNameBoth(() => SecondPlace(pool, block, now));
        PoolInside.MustBalanceWith(pool, 0);
    }

    private static void MustNameBoth(Action free)
    {
        string said = Assert.Throws<InvalidOperationException>(free).Message;
        Sites.MustName(said, "queued at", nameof(SecondPlace), "DoubleFreeTests.cs");
        Sites.MustName(said, "queued before at", nameof(FirstPlace), "DoubleFreeTests.cs");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FirstPlace(GracePeriodDomain domain, How how, Block* block)
    {
        switch (how)
        {
            case How.Headless:
                domain.Free(block);
                break;
            case How.Bulk:
                domain.FreeBulk([(nint)block]);
                break;
            case How.Head:
                domain.Free(block, &block->Head);
                break;
            case How.User:
                domain.Free<Heap>(block);
                break;
            case How.UserHead:
                domain.Free<Heap>(block, &block->Head);
                break;
            default:
                domain.Call(&block->Head, &FreeBlock);
                break;
        }
    }

    // Another method of the same kind, so that the two places differ.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SecondPlace(GracePeriodDomain domain, How how, Block* block)
    {
        switch (how)
        {
            case How.Headless:
                domain.Free(block);
                break;
            case How.Bulk:
                domain.FreeBulk([(nint)block]);
                break;
            case How.Head:
                domain.Free(block, &block->Head);
                break;
            case How.User:
                domain.Free<Heap>(block);
                break;
            case How.UserHead:
                domain.Free<Heap>(block, &block->Head);
                break;
            default:
                domain.Call(&block->Head, &FreeBlock);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SecondPlaceInside(RcuDomain domain, Block* block) =>
        domain.Free((nint*)block + 1, &block->Head);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FirstPlace(RcuPool<Item> pool, Item* block) => pool.Free(block);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SecondPlace(RcuPool<Item> pool, Item* block, bool now)
    {
        if (now)
        {
            pool.FreeNow(block);
        }
        else
        {
            pool.Free(block);
        }
    }

    private static void FreeBlock(RcuHead* head) => NativeMemory.Free((nint*)head - 2);

    private static Block* NewBlock() => (Block*)NativeMemory.AllocZeroed((nuint)sizeof(Block));

    private struct Heap : INativeDeallocator
    {
        public static void Free(void* block) => NativeMemory.Free(block);
    }

    private struct Block
    {
        public fixed long Values[2];
        public RcuHead Head;
    }
}
