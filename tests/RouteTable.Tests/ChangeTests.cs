using RouteTable.Data;

namespace RouteTable.Tests;

public sealed class ChangeTests
{
    [Fact]
    public void The_real_tables_differ_as_their_notes_say()
    {
        Change[] changes = Change.Between(Tables.Older, Tables.Newer);
        Assert.Equal(69_518, changes.Count(change => change.IsWithdrawal));
        Assert.Equal(103_856, changes.Count(change => change.IsAnnouncement));
        Assert.Equal(25_292, changes.Count(change => change is { Older: not null, Newer: not null }));
    }

    [Fact]
    public void The_same_counts_come_from_dictionaries()
    {
        var older = Tables.Older.ToDictionary(route => route.Prefix, route => route.Origin);
        var newer = Tables.Newer.ToDictionary(route => route.Prefix, route => route.Origin);
        Assert.Equal(69_518, older.Keys.Count(prefix => !newer.ContainsKey(prefix)));
        Assert.Equal(103_856, newer.Keys.Count(prefix => !older.ContainsKey(prefix)));
        Assert.Equal(
            25_292, older.Count(route => newer.TryGetValue(route.Key, out uint origin) && origin != route.Value));
    }

    [Fact]
    public void Changes_applied_forwards_make_the_newer_table_and_backwards_the_older()
    {
        Announcement[] older = Tables.RandomTable(new Random(1), 500);
        Announcement[] newer = [.. Tables.RandomTable(new Random(2), 500).Concat(older[..100])
            .DistinctBy(route => route.Prefix).OrderBy(route => route.Prefix)];
        Change[] changes = Change.Between(older, newer);

        var table = older.ToDictionary(route => route.Prefix, route => route.Origin);
        foreach (Change change in changes)
        {
            Assert.Equal(change.Older, table.TryGetValue(change.Prefix, out uint origin) ? origin : null);
            Put(table, change.Prefix, change.Newer);
        }

        Assert.Equal(newer, Sorted(table));
        foreach (Change change in changes)
        {
            Put(table, change.Prefix, change.Older);
        }

        Assert.Equal(older, Sorted(table));
    }

    [Fact]
    public void Equal_tables_do_not_differ() => Assert.Empty(Change.Between(Tables.Older, Tables.Older));

    private static void Put(Dictionary<Prefix, uint> table, Prefix prefix, uint? origin)
    {
        if (origin is uint known)
        {
            table[prefix] = known;
        }
        else
        {
            table.Remove(prefix);
        }
    }

    private static IEnumerable<Announcement> Sorted(Dictionary<Prefix, uint> table) =>
        table.Select(route => new Announcement(route.Key, route.Value)).OrderBy(route => route.Prefix);
}
