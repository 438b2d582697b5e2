using MappedCatalog.Format;
using MappedCatalog.Serving;
using MappedCatalog.Tests.Support;
using RouteTable.Data;

namespace MappedCatalog.Tests.Format;

public sealed class FlatteningTests
{
    [Fact]
    public void A_prefix_inside_another_cuts_it_in_three()
    {
        CatalogView view = CatalogView.Open(Tables.Image(Tables.Parse("10.0.0.0/8,1", "10.1.0.0/16,2")));
        Assert.Equal(5, view.Intervals);
        Assert.Equal(2, view.Prefixes);
        AssertFound(view, "9.255.255.255", "0.0.0.0", "9.255.255.255", null);
        AssertFound(view, "10.0.0.0", "10.0.0.0", "10.0.255.255", "10.0.0.0/8");
        AssertFound(view, "10.1.2.3", "10.1.0.0", "10.1.255.255", "10.1.0.0/16");
        AssertFound(view, "10.2.0.0", "10.2.0.0", "10.255.255.255", "10.0.0.0/8");
        AssertFound(view, "255.255.255.255", "11.0.0.0", "255.255.255.255", null);
    }

    [Theory]
    [InlineData("0.0.0.0/0,1")]
    [InlineData("0.0.0.0/0,1", "0.0.0.0/32,2", "255.255.255.255/32,3")]
    [InlineData("0.0.0.0/32,2")]
    [InlineData("128.0.0.0/1,2", "128.0.0.0/2,3", "192.0.0.0/2,4", "255.255.255.254/31,5")]
    public void The_ends_of_the_address_space_are_no_exception(params string[] lines) =>
        AssertRight(Tables.Parse(lines), new Random(1));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 10)]
    [InlineData(3, 100)]
    [InlineData(4, 1000)]
    [InlineData(5, 2000)]
    public void Overlapping_prefixes_give_the_longest_match(int seed, int prefixes)
    {
        var random = new Random(seed);
        AssertRight(Tables.Random(random, prefixes), random);
    }

    [Fact]
    public void All_depths_at_once_are_no_exception()
    {
        // Every length from 0 to 32, each inside the one before: the stack at its fullest.
        Announcement[] nested =
            [.. Enumerable.Range(0, 33).Select(length => new Announcement(new Prefix(0, length), (uint)length + 1))];
        AssertRight(nested, new Random(6));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void The_real_tables_are_as_the_ground_truth_has_them()
    {
        var random = new Random(7);
        foreach (DatedTable table in Tables.Real)
        {
            byte[] image = Tables.Image(table.Routes);
            CatalogView view = CatalogView.Open(image);
            view.Verify();
            var truth = new GroundTruth(table.Routes);
            for (int i = 0; i < 200_000; i++)
            {
                uint address = (uint)random.NextInt64(1L << 32);
                Match match = view.Find(address);
                Assert.True(truth.Agrees(address, match), Ipv4.Format(address));
                Assert.True(truth.Agrees(match.First, match) && truth.Agrees(match.Last, match), Ipv4.Format(address));
            }
        }
    }

    [Fact]
    public void The_ground_truth_is_as_every_prefix_has_it()
    {
        var random = new Random(8);
        Announcement[] routes = Tables.Random(random, 500);
        var naive = new NaiveTable(routes);
        var truth = new GroundTruth(routes);
        for (int i = 0; i < 2000; i++)
        {
            uint address = Tables.RandomAddress(random);
            (Prefix? prefix, uint origin) = naive.Find(address);
            var right = new Match(0, 0, origin, prefix?.Length ?? Interval.NoRoute);
            Assert.True(truth.Agrees(address, right));
            Assert.False(truth.Agrees(address, right with { Origin = origin + 1, Length = 32 }));
        }
    }

    private static void AssertRight(Announcement[] routes, Random random)
    {
        byte[] image = Tables.Image(routes);
        CatalogView view = CatalogView.Open(image);
        view.Verify();
        var naive = new NaiveTable(routes);
        IEnumerable<uint> edges = routes.Take(200).SelectMany(route =>
            new[] { route.Prefix.First - 1, route.Prefix.First, route.Prefix.Last, route.Prefix.Last + 1 });
        uint[] others = [.. Enumerable.Range(0, 300).Select(_ => Tables.RandomAddress(random))];
        foreach (uint address in (uint[])[0, uint.MaxValue, .. edges, .. others])
        {
            Match match = view.Find(address);
            Assert.Equal(naive.Find(address), match.Told());
            Assert.InRange(address, match.First, match.Last);
            Assert.Equal(naive.Find(match.First), match.Told());
            Assert.Equal(naive.Find(match.Last), match.Told());
        }
    }

    private static void AssertFound(CatalogView view, string address, string first, string last, string? prefix)
    {
        Match match = view.Find(Tables.Address(address));
        Assert.Equal(
            (first, last, prefix), (Ipv4.Format(match.First), Ipv4.Format(match.Last), match.Prefix?.ToString()));
    }
}
