using System.Text;
using MappedCatalog.Format;
using MappedCatalog.Serving;
using RouteTable.Data;

namespace MappedCatalog.Tests.Support;

/// <summary>Tables to test with: the real ones, loaded once; random ones full of overlaps; and two that no look-up can
/// confuse.</summary>
internal static class Tables
{
    private static readonly Lazy<DatedTable[]> s_real =
        new(() => DatedTable.ReadAll(Path.Combine(AppContext.BaseDirectory, "data")));

    public static DatedTable[] Real => s_real.Value;

    public static DateOnly Day { get; } = new(2026, 1, 2);

    /// <summary>All addresses of both have other origins: 1,000 and more in the one, 2,000 and more in the
    /// other.</summary>
    public static DatedTable[] Distinct { get; } =
        [Striped(new DateOnly(2025, 1, 1), 1000), Striped(new DateOnly(2026, 1, 1), 2000)];

    public static Announcement[] Parse(params string[] lines) =>
        RouteFile.Parse("test", new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines)))).Routes;

    public static uint Address(string text) =>
        Ipv4.TryParse(Encoding.UTF8.GetBytes(text), out uint address) ? address : throw new ArgumentException(text);

    public static byte[] Image(Announcement[] routes, long edition = 1)
    {
        var image = new CatalogImage();
        image.Build(routes, Day, edition);
        return image.Bytes.ToArray();
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

    public static Announcement[] Random(Random random, int prefixes)
    {
        var table = new Dictionary<Prefix, uint>();
        while (table.Count < prefixes)
        {
            int length = random.Next(33);
            table[new Prefix(RandomAddress(random) & ~Prefix.HostMask(length), length)] = (uint)random.Next(1, 1000);
        }

        return [.. table.Select(route => new Announcement(route.Key, route.Value)).OrderBy(route => route.Prefix)];
    }

    private static DatedTable Striped(DateOnly date, uint firstOrigin) => new(
        date,
        [
            .. Enumerable.Range(0, 256)
                .Select(i => new Announcement(new Prefix((uint)i << 24, 8), firstOrigin + (uint)i)),
        ]);
}
