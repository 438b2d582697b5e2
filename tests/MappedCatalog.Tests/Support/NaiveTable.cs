using MappedCatalog.Format;
using RouteTable.Data;

namespace MappedCatalog.Tests.Support;

/// <summary>The slowest right answer: looks at every prefix.</summary>
internal sealed class NaiveTable(IReadOnlyList<Announcement> routes)
{
    public (Prefix? Prefix, uint Origin) Find(uint address)
    {
        Announcement? longest = null;
        foreach (Announcement route in routes)
        {
            if (route.Prefix.Contains(address) && !(route.Prefix.Length < longest?.Prefix.Length))
            {
                longest = route;
            }
        }

        return (longest?.Prefix, longest?.Origin ?? 0);
    }
}

internal static class Matches
{
    public static (Prefix? Prefix, uint Origin) Told(this Match match) => (match.Prefix, match.Origin);
}
