using Quiescent.Pools;
using Quiescent.Queues;
using Quiescent.Reclamation;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Pools;

// What tests look at behind a pool's public face.
internal static unsafe class PoolInside
{
    /// <summary>Blocks of slabs = out + waiting + in magazines + in the depot: counted where they are, apart from the
    /// pool's books.</summary>
    public static RcuPoolStatistics MustBalance<T>(RcuPool<T> pool)
        where T : unmanaged
    {
        RcuPoolStatistics books = pool.GetStatistics();
        (long slabs, long blocks, long home) = Depot(pool).Read();
        Assert.Equal(slabs, books.Slabs);
        Assert.Equal(blocks, home + InMagazines(pool) + books.BlocksWaiting + books.BlocksOut);
        Assert.Equal(home + InMagazines(pool), books.BlocksReady);
        return books;
    }

    /// <summary>After a barrier, with nobody using the pool: nothing waits, and so many blocks are out.</summary>
    public static RcuPoolStatistics MustBalanceWith<T>(RcuPool<T> pool, long blocksOut)
        where T : unmanaged
    {
        RcuAssert.BooksBalance(pool.Domain);
        RcuPoolStatistics books = MustBalance(pool);
        Assert.Equal(blocksOut, books.BlocksOut);
        Assert.Equal(0, books.BlocksWaiting);
        return books;
    }

    public static Depot Depot<T>(RcuPool<T> pool)
        where T : unmanaged => Core(pool).Depot;

    /// <summary>What all threads' magazines hold.</summary>
    public static long InMagazines<T>(RcuPool<T> pool)
        where T : unmanaged => MagazinesOf(pool).Sum(magazine => ((Magazine*)magazine)->Count);

    /// <summary>The magazines of all threads, ended ones' too.</summary>
    public static List<nint> MagazinesOf<T>(RcuPool<T> pool)
        where T : unmanaged
    {
        List<nint> magazines = [];
        DomainCore core = Inside.Core(pool.Domain);
        for (int i = 0; i < core.Slots.End; i++)
        {
            for (PageQueue* queue = &core.QueuesOf(i)->Blocks; queue != null; queue = queue->Following)
            {
                if (queue->Channel == Core(pool).Channel && ((Magazine*)queue)->Pool == Core(pool).State.Number)
                {
                    magazines.Add((nint)queue);
                }
            }
        }

        return magazines;
    }

    public static BlockPool Core<T>(RcuPool<T> pool)
        where T : unmanaged => (BlockPool)typeof(RcuPool<T>)
            .GetField(
                "_pool",
                System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(pool)!;
}
