using MappedCatalog.Format;
using RouteTable.Data;

namespace MappedCatalog.Serving;

/// <summary>
/// The right answers of one table, found in another way than the catalog's: a hash table for each prefix length, asked
/// from the longest to the shortest.
/// </summary>
internal sealed class GroundTruth
{
    private readonly Dictionary<uint, uint>[] _origins = new Dictionary<uint, uint>[Prefix.MaxLength + 1];

    public GroundTruth(ReadOnlySpan<Announcement> routes)
    {
        for (int length = 0; length < _origins.Length; length++)
        {
            _origins[length] = [];
        }

        foreach (Announcement route in routes)
        {
            _origins[route.Prefix.Length].Add(route.Prefix.Address, route.Origin);
        }
    }

    public bool Agrees(uint address, Match match)
    {
        for (int length = Prefix.MaxLength; length >= 0; length--)
        {
            if (_origins[length].TryGetValue(address & ~Prefix.HostMask(length), out uint origin))
            {
                return match.Length == length && match.Origin == origin;
            }
        }

        return match.Length == Interval.NoRoute;
    }
}
