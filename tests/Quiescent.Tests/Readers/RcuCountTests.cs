using System.Runtime.InteropServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

public sealed unsafe class RcuCountTests
{
    [Fact]
    public void The_last_of_its_holders_is_told_so()
    {
        RcuCount count = default;
        Assert.Equal(1, count.Holders);
        Assert.True(count.TryAcquire());
        Assert.Equal(2, count.Holders);
        Assert.False(count.Release());
        Assert.True(count.Release());
        Assert.Equal(0, count.Holders);
    }

    // Fault caught: a dead count that comes to life by being asked often.
    [Fact]
    public void A_dead_count_stays_dead()
    {
        RcuCount count = default;
        Assert.True(count.Release());
        for (int i = 0; i < 10; i++)
        {
            Assert.False(count.TryAcquire());
            Assert.Equal(int.MinValue / 2, Value(ref count));
        }
    }

    [Fact]
    public void One_release_too_many_throws_and_changes_nothing()
    {
        RcuCount count = default;
        count.Release();
        Assert.Throws<InvalidOperationException>(() => count.Release());
        Assert.False(count.TryAcquire());
        Assert.Equal(0, count.Holders);
    }

    // Fault caught: a count that wraps around, so that the block is freed under its holders.
    [Fact]
    public void Too_many_holders_throw_and_change_nothing()
    {
        RcuCount count = default;
        Value(ref count) = int.MaxValue / 2;
        Assert.Throws<OverflowException>(() => count.TryAcquire());
        Assert.Equal(int.MaxValue / 2, Value(ref count));
        Assert.False(count.Release());
        Assert.True(count.TryAcquire());
    }

    // Fault caught: a block freed twice, never, or under a holder.
    [Fact]
    public void Blocks_that_are_replaced_under_holders_are_freed_once()
    {
        const int Rounds = 20_000;
        const int Readers = 2;
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });
        using RcuPool<Held> pool = new(domain);
        Shared shared = new() { Pool = pool };
        Replace(shared, 1);
        Worker[] readers =
        [
            .. Enumerable.Range(0, Readers).Select(_ => Worker.Start(() => HoldInTurns(domain, shared))),
        ];
        for (int i = 2; i <= Rounds; i++)
        {
            Replace(shared, i);
        }

        Volatile.Write(ref shared.IsOver, true);
        foreach (Worker reader in readers)
        {
            reader.Join();
        }

        Let(shared.Current.Exchange(null), pool);
        Assert.Equal(Rounds, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    private static void HoldInTurns(RcuDomain domain, Shared shared)
    {
        Held* held = null;
        while (!Volatile.Read(ref shared.IsOver))
        {
            using (ReadGuard guard = domain.ReadLock())
            {
                Held* found = guard.DereferencePointer(in shared.Current);
                if (!found->Count.TryAcquire())
                {
                    continue; // It was unlinked meanwhile.
                }

                Let(held, shared.Pool);
                held = found;
            }

            Assert.Equal(held->Number, ~held->Check); // It keeps what it holds, outside of sections.
        }

        Let(held, shared.Pool);
    }

    private static void Replace(Shared shared, int number)
    {
        Held* block = shared.Pool.Rent();
        *block = new Held { Number = number, Check = ~number };
        Let(shared.Current.Exchange(block), shared.Pool);
    }

    private static void Let(Held* block, RcuPool<Held> pool)
    {
        if (block != null && block->Count.Release())
        {
            block->Check = 0;
            pool.Free(block);
        }
    }

    private static ref int Value(ref RcuCount count) => ref MemoryMarshal.GetReference(
        MemoryMarshal.Cast<RcuCount, int>(MemoryMarshal.CreateSpan(ref count, 1)));

    private struct Held
    {
        public RcuCount Count;
        public int Number;
        public int Check;
    }

    private sealed class Shared
    {
        public RcuPointer<Held> Current;
        public bool IsOver;

        public required RcuPool<Held> Pool { get; init; }
    }
}
