using System.Buffers;
using System.Text;
using Quiescent.Collections.Blobs;
using Quiescent.Collections.Tests.Support;

namespace Quiescent.Collections.Tests.Blobs;

// Random programs over keys and values of all lengths, run on the map and on a Dictionary. Faults caught: any operation
// whose result or effect differs; entries in the wrong size class; blocks or bytes lost (C8).
public sealed class BlobReferenceTests
{
    [Theory]
    [InlineData(1, 50, 10_000, 300)]
    [InlineData(2, 4_000, 40_000, 40)]
    [InlineData(3, 20, 1_000, 100_000)]
    public void A_map_does_what_a_Dictionary_does(int seed, int keys, int operations, int longest)
    {
        using RcuDomain domain = new();
        using RcuBlobDictionary map = new(new RcuCollectionOptions { Domain = domain });
        Dictionary<string, byte[]> reference = [];
        Random random = new(seed);
        for (int i = 0; i < operations; i++)
        {
            string key = KeyOf(random.Next(keys));
            byte[] value = new byte[random.Next(longest)];
            random.NextBytes(value);
            Step(map, reference, random.Next(i < operations / 2 ? 6 : 8), key, value);
        }

        Agree(map, reference);
        map.Clear();
        reference.Clear();
        Agree(map, reference);
    }

    // Fault caught: a size that its class does not hold, or a class too large by more than a quarter.
    [Fact]
    public void A_block_is_as_large_as_it_has_to_be()
    {
        for (nuint bytes = 1; bytes <= SizeClasses.LargestBytes; bytes++)
        {
            int sizeClass = SizeClasses.ClassOf(bytes);
            Assert.InRange(sizeClass, 0, SizeClasses.Count - 1);
            Assert.InRange(SizeClasses.BytesOf(sizeClass), bytes, Math.Max(bytes + 15, bytes * 5 / 4));
            Assert.True(sizeClass == 0 || SizeClasses.BytesOf(sizeClass - 1) < bytes);
        }
    }

    private static string KeyOf(int number) => $"{new string('k', number % 37)}{number}é";

    private static void Step(
        RcuBlobDictionary map, Dictionary<string, byte[]> reference, int operation, string key, byte[] value)
    {
        bool isThere = reference.TryGetValue(key, out byte[]? old);
        ArrayBufferWriter<byte> copy = new();
        switch (operation)
        {
            case 0:
                map.Set(key, value);
                reference[key] = value;
                break;
            case 1:
                map.Set(Encoding.UTF8.GetBytes(key), value.Length, value, static (span, from) => from.CopyTo(span));
                reference[key] = value;
                break;
            case 2:
                Assert.Equal(!isThere, map.TryAdd(key, value));
                reference.TryAdd(key, value);
                break;
            case 3:
                Assert.Equal(isThere, map.TryGet(key, copy));
                Assert.Equal(old ?? [], copy.WrittenSpan.ToArray());
                break;
            case 4:
                Assert.Equal(isThere, map.ContainsKey(key));
                break;
            case 5:
                using (ReadGuard guard = map.Core.Domain.ReadLock())
                {
                    Assert.Equal(isThere, map.TryFind(in guard, key, out ReadOnlySpan<byte> found));
                    Assert.Equal(old ?? [], found.ToArray());
                }

                break;
            default:
                Assert.Equal(isThere, map.Remove(key));
                reference.Remove(key);
                break;
        }
    }

    private static void Agree(RcuBlobDictionary map, Dictionary<string, byte[]> reference)
    {
        Assert.Equal(reference.Count, map.Count);
        Dictionary<string, byte[]> enumerated = [];
        using (ReadGuard guard = map.Core.Domain.ReadLock())
        {
            foreach (RcuBlobDictionary.Entry entry in map.Enumerate(in guard))
            {
                enumerated.Add(Encoding.UTF8.GetString(entry.Key), entry.Value.ToArray());
            }
        }

        Assert.Equal(reference.OrderBy(static item => item.Key), enumerated.OrderBy(static item => item.Key));
        Books.Balance(map);
    }
}
