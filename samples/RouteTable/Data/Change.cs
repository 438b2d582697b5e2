namespace RouteTable.Data;

/// <summary>
/// One prefix that differs between two tables: its origin in the older one and in the newer one, null where it is
/// absent. It is applied forwards or backwards.
/// </summary>
internal readonly record struct Change(Prefix Prefix, uint? Older, uint? Newer)
{
    public bool IsWithdrawal => Newer is null;

    public bool IsAnnouncement => Older is null;

    /// <summary>
    /// What turns <paramref name="older"/> into <paramref name="newer"/>, by address; both sorted. With a prefix before
    /// those it covers, both stand in the table for a while when one takes the place of the other, so that real data
    /// exercises overlapping prefixes too.
    /// </summary>
    public static Change[] Between(ReadOnlySpan<Announcement> older, ReadOnlySpan<Announcement> newer)
    {
        var changes = new List<Change>();
        while (!older.IsEmpty || !newer.IsEmpty)
        {
            int order = older.IsEmpty ? 1 : newer.IsEmpty ? -1 : older[0].Prefix.CompareTo(newer[0].Prefix);
            if (order != 0)
            {
                changes.Add(order < 0
                    ? new Change(older[0].Prefix, older[0].Origin, null)
                    : new Change(newer[0].Prefix, null, newer[0].Origin));
            }
            else if (older[0].Origin != newer[0].Origin)
            {
                changes.Add(new Change(older[0].Prefix, older[0].Origin, newer[0].Origin));
            }

            older = order <= 0 ? older[1..] : older;
            newer = order >= 0 ? newer[1..] : newer;
        }

        return [.. changes];
    }
}
