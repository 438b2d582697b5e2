using System.Text;
using RouteTable.Data;
using RouteTable.Trie;

namespace RouteTable.Tests;

/// <summary>Tables to test with: the real ones, loaded once, and random ones full of overlaps.</summary>
internal static class Tables
{
    private static readonly Lazy<Announcement[]> s_older = new(() => Read("routes-ipv4-2025-04-11.csv.gz"));
    private static readonly Lazy<Announcement[]> s_newer = new(() => Read("routes-ipv4-2026-06-17.csv.gz"));

    public static Announcement[] Older => s_older.Value;

    public static Announcement[] Newer => s_newer.Value;

    public static Prefix Prefix(string text) => Route($"{text},1").Prefix;

    /// <summary>One line of a route file.</summary>
    public static Announcement Route(string line) => Assert.Single(Parse(line));

    public static Announcement[] Parse(string text) =>
        RouteFile.Parse("test", new MemoryStream(Encoding.UTF8.GetBytes(text))).Routes;

    public static uint Address(string text) =>
        Ipv4.TryParse(Encoding.UTF8.GetBytes(text), out uint address) ? address : throw new ArgumentException(text);

    /// <summary>A prefix of any length in one of a few /12 blocks, so that most of them overlap.</summary>
    public static Prefix RandomPrefix(Random random)
    {
        int length = random.Next(33);
        return new Prefix(RandomAddress(random) & ~Data.Prefix.HostMask(length), length);
    }

    /// <summary>Few distinct values in each byte: random addresses share long prefixes.</summary>
    public static uint RandomAddress(Random random)
    {
        uint address = 0;
        for (int i = 0; i < 4; i++)
        {
            address = address << 8 | (uint)(random.Next(4) == 0 ? random.Next(256) : random.Next(2) * 0x11);
        }

        return address;
    }

    public static Announcement[] RandomTable(Random random, int prefixes)
    {
        var table = new Dictionary<Prefix, uint>();
        while (table.Count < prefixes)
        {
            table[RandomPrefix(random)] = (uint)random.Next(1, 1000);
        }

        return [.. table.Select(route => new Announcement(route.Key, route.Value)).OrderBy(route => route.Prefix)];
    }

    private static Announcement[] Read(string file) =>
        RouteFile.Read(Path.Combine(AppContext.BaseDirectory, "data", file)).Routes;
}

/// <summary>The slowest right answer: looks at every prefix.</summary>
internal sealed class LinearTable
{
    private readonly Dictionary<Prefix, uint> _routes = [];

    public LinearTable(params IEnumerable<Announcement> routes)
    {
        foreach (Announcement route in routes)
        {
            _routes[route.Prefix] = route.Origin;
        }
    }

    public IReadOnlyCollection<Prefix> Prefixes => _routes.Keys;

    public void Announce(Prefix prefix, uint origin) => _routes[prefix] = origin;

    public bool Withdraw(Prefix prefix) => _routes.Remove(prefix);

    public Route Lookup(uint address)
    {
        Route longest = Route.None;
        foreach ((Prefix prefix, uint origin) in _routes)
        {
            if (prefix.Contains(address) && prefix.Length > longest.Length)
            {
                longest = new Route(origin, prefix.Length);
            }
        }

        return longest;
    }
}
