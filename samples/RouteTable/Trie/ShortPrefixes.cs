using RouteTable.Data;

namespace RouteTable.Trie;

/// <summary>
/// The updater's set of prefixes up to /16, which end above the nodes. A binary heap: a prefix has the index 2^length +
/// its bits, and the one that covers it is at half the index. Readers do not see it: each root slot's node holds what
/// it inherits.
/// </summary>
internal sealed class ShortPrefixes
{
    private readonly Route[] _routes = new Route[2 << Node.RootBits];

    public void Set(Prefix prefix, uint origin) => _routes[IndexOf(prefix)] = new Route(origin, prefix.Length);

    public bool Remove(Prefix prefix)
    {
        ref Route route = ref _routes[IndexOf(prefix)];
        bool found = !route.IsNone;
        route = Route.None;
        return found;
    }

    /// <summary>The longest of the set that covers a prefix, itself included.</summary>
    public Route Cover(Prefix prefix)
    {
        for (uint index = IndexOf(prefix); index > 0; index >>= 1)
        {
            if (!_routes[index].IsNone)
            {
                return _routes[index];
            }
        }

        return Route.None;
    }

    private static uint IndexOf(Prefix prefix) =>
        1u << prefix.Length | (uint)((ulong)prefix.Address >> (Prefix.MaxLength - prefix.Length));
}
