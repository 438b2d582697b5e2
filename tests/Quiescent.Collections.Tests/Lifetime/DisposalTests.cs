using System.Runtime.CompilerServices;
using System.Text;

namespace Quiescent.Collections.Tests.Lifetime;

// How a map ends, beside threads that use it. Faults caught: a block that is freed under a thread that writes it; a
// map's end that the reclaimer never finishes, or that waits for a lock that its own thread has; memory that does not
// come back.
public sealed class DisposalTests
{
    private const int Rounds = 40;

    [Fact]
    public void A_map_is_disposed_of_beside_its_writers()
    {
        using RcuDomain domain = new();
        for (int round = 0; round < Rounds; round++)
        {
            RcuDictionary<long, long> map = new(new RcuCollectionOptions { Domain = domain });
            int written = 0;
            Worker[] writers = Worker.StartMany(3, writer => Use(() =>
            {
                for (long i = 0; ; i++)
                {
                    map[(i * 7) % 500] = writer;
                    map.TryRemove((i * 3) % 500, out _);
                    Interlocked.Increment(ref written);
                }
            }));
            Until.True(() => Volatile.Read(ref written) > 3_000);
            map.Dispose();
            Worker.JoinAll(writers);
            Settled(domain, () => map.Core.Entries.GetStatistics().SlabBytes + map.Core.Index.Memory.Bytes);
            Assert.Throws<ObjectDisposedException>(() => map[1] = 1);
        }
    }

    [Fact]
    public void A_map_of_bytes_is_disposed_of_beside_its_writers()
    {
        using RcuDomain domain = new();
        for (int round = 0; round < Rounds; round++)
        {
            RcuBlobDictionary map = new(new RcuCollectionOptions { Domain = domain });
            int written = 0;
            Worker[] writers = Worker.StartMany(3, writer => Use(() =>
            {
                for (int i = 0; ; i++)
                {
                    byte[] key = BitConverter.GetBytes((i * 7) % 300);
                    map.Set(key, new byte[(i * 131) % 70_000 / ((i % 5) + 1)]);
                    map.Set(key, 1_000, writer, static (value, with) => value.Fill((byte)with));
                    map.Remove(BitConverter.GetBytes((i * 3) % 300));
                    Interlocked.Increment(ref written);
                }
            }));
            Until.True(() => Volatile.Read(ref written) > 300);
            map.Dispose();
            Worker.JoinAll(writers);
            Settled(domain, () => map.Core.Store.Bytes + map.Core.Index.Memory.Bytes);
            Assert.Throws<ObjectDisposedException>(() => map.Set("a", []));
        }
    }

    [Fact]
    public void What_a_section_has_found_stays_until_it_ends()
    {
        using RcuDomain domain = new();
        RcuDictionary<int, long> map = new(new RcuCollectionOptions { Domain = domain });
        map[1] = 11;
        using (ReadGuard guard = domain.ReadLock())
        {
            ref readonly long found = ref map.Find(in guard, 1);
            map.Dispose();
            Assert.Equal(11, found);
            Assert.Throws<ObjectDisposedException>(() => map.ContainsKey(1));
        }

        map.Dispose();
    }

    [Fact]
    public void A_dropped_map_gives_its_memory_back()
    {
        using RcuDomain domain = new();
        Func<long> bytes = FillAndDrop(domain);
        Until.True(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            domain.Barrier();
            return bytes() == 0;
        });
    }

    [Fact]
    public void A_map_outlives_its_domain_and_still_gives_its_memory_back()
    {
        RcuDomain domain = new();
        RcuDictionary<int, int> map = new(new RcuCollectionOptions { Domain = domain });
        for (int i = 0; i < 5_000; i++)
        {
            map[i % 3_000] = i;
        }

        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => map[1] = 1);
        map.Dispose();
        Until.True(() => map.Core.Entries.GetStatistics().SlabBytes + map.Core.Index.Memory.Bytes == 0);
    }

    // Fault caught: a hash whose product is zero for bytes that anybody can choose.
    [Fact]
    public void Keys_with_one_beginning_do_not_share_a_chain()
    {
        using RcuBlobDictionary map = new();
        byte[] key = Encoding.ASCII.GetBytes("................");
        for (int i = 0; i < 2_000; i++)
        {
            BitConverter.TryWriteBytes(key, 0x1319_8A2E_0370_7344UL);
            BitConverter.TryWriteBytes(key.AsSpan(8), i);
            Assert.True(map.TryAdd(key, []));
        }

        Assert.InRange(map.GetStatistics().LongestChain, 1, 4);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Func<long> FillAndDrop(RcuDomain domain)
    {
        RcuDictionary<long, long> map = new(new RcuCollectionOptions { Domain = domain });
        for (long i = 0; i < 20_000; i++)
        {
            map[i % 10_000] = i;
        }

        Entries.EntryPool<Entries.DictionaryEntry<long, long>> entries = map.Core.Entries;
        Index.IndexMemory memory = map.Core.Index.Memory;
        return () => entries.GetStatistics().SlabBytes + memory.Bytes;
    }

    private static void Use(Action body)
    {
        try
        {
            body();
        }
        catch (ObjectDisposedException)
        {
            // That is what ends it.
        }
    }

    private static void Settled(RcuDomain domain, Func<long> bytes) => Until.True(() =>
    {
        domain.Barrier();
        return bytes() == 0;
    });
}
