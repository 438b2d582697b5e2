using Quiescent;
using RouteTable.Data;
using RouteTable.Trie;
using RouteTable.Truth;
using PoisonedTrie = RouteTable.Trie.RouteTrie<RouteTable.Trie.CheckedMemory>;

namespace RouteTable.Tests;

public sealed class WalkTests
{
    private static readonly Announcement[] s_older =
        Tables.Parse("10.1.0.0/16,1\n10.1.0.0/18,2\n10.1.2.0/23,3\n10.1.2.3/32,4");

    private static readonly Announcement[] s_newer =
        [.. s_older.Select(route => route with { Origin = route.Origin + 10 })];

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void A_walk_s_answer_was_right_at_one_moment_of_it_whatever_changes_meanwhile(int seed)
    {
        var random = new Random(seed);
        var linear = new LinearTable();
        using var trie = new PoisonedTrie();
        for (int round = 0; round < 2000; round++)
        {
            uint address = Tables.RandomAddress(random);
            List<Route> right = [linear.Lookup(address)];
            var meanwhile = new Meanwhile(_ =>
            {
                for (int changes = random.Next(4); changes > 0; changes--)
                {
                    ChangeSomePrefixOf(address, random, linear, trie);
                    right.Add(linear.Lookup(address));
                }
            });
            Assert.Contains(trie.Lookup(address, ref meanwhile), right);

            ChangeSomePrefixOf(Tables.RandomAddress(random), random, linear, trie);
        }

        Rcu.Barrier();
        Assert.Equal(trie.BlocksAllocated, trie.BlocksRetired + trie.CountLiveBlocks());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_node_that_is_freed_at_once_makes_the_reader_s_answer_wrong(int level)
    {
        (Route answer, bool allowed) = ChangeUnderAParkedReader<AtOnce>(level, () => { });
        Assert.Equal(Route.Poison, answer);
        Assert.False(allowed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_node_that_is_freed_after_a_grace_period_answers_as_before_and_the_barrier_waits(int level)
    {
        Task barrier = Task.CompletedTask;
        (Route answer, bool allowed) = ChangeUnderAParkedReader<CheckedMemory>(level, () =>
        {
            barrier = Rcu.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
            Assert.False(barrier.IsCompleted);
        });
        Assert.False(answer.IsNone);
        Assert.True(allowed);
    }

    /// <summary>
    /// A reader of 10.1.2.3 is parked with the node of a level, all prefixes change, and the reader goes on.
    /// </summary>
    private static (Route Answer, bool Allowed) ChangeUnderAParkedReader<TMemory>(int level, Action whileParked)
        where TMemory : struct, INodeMemory
    {
        Change[] changes = Change.Between(s_older, s_newer);
        GroundTruth truth = TruthSweep.Compute(s_older, changes);
        using var trie = new RouteTrie<TMemory>();
        foreach (Announcement route in s_older)
        {
            trie.Announce(route.Prefix, route.Origin);
        }

        using var arrived = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        uint address = Tables.Address("10.1.2.3");
        Route answer = default;
        var reader = new Thread(() =>
        {
            var parking = new Parking(level, arrived, goOn);
            answer = trie.Lookup(address, ref parking);
        });
        reader.Start();
        arrived.Wait(TestContext.Current.CancellationToken);
        try
        {
            foreach (Change change in changes)
            {
                trie.Announce(change.Prefix, change.Newer!.Value);
            }

            whileParked();
        }
        finally
        {
            goOn.Set();
            reader.Join();
        }

        Rcu.Barrier();
        PoisoningHeap.Drain();
        return (answer, truth.Allows(address, answer, (0, changes.Length)));
    }

    private static void ChangeSomePrefixOf(uint address, Random random, LinearTable linear, PoisonedTrie trie)
    {
        // Changes of the shortest prefixes touch up to 65,536 slots each: a few are enough.
        int length = random.Next(100) == 0 ? random.Next(12) : random.Next(12, 33);
        var prefix = new Prefix(address & ~Prefix.HostMask(length), length);
        if (linear.Withdraw(prefix))
        {
            Assert.True(trie.Withdraw(prefix));
        }
        else
        {
            uint origin = (uint)random.Next(1, 1_000_000);
            linear.Announce(prefix, origin);
            trie.Announce(prefix, origin);
        }
    }
}
