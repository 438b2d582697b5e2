namespace RouteTable.Data;

/// <summary>
/// A block of IPv4 addresses that share their first <see cref="Length"/> bits; the bits behind them are zero.
/// </summary>
/// <remarks>Ordered by address, then by length: a prefix stands before all that it covers, which is what sweeps rely
/// on.</remarks>
internal readonly record struct Prefix(uint Address, int Length) : IComparable<Prefix>
{
    public const int MaxLength = 32;

    public uint First => Address;

    public uint Last => Address | HostMask(Length);

    public bool Contains(uint address) => (address & ~HostMask(Length)) == Address;

    /// <summary>The bits that are not the prefix's: none for /32, all for /0.</summary>
    public static uint HostMask(int length) => (uint)((1UL << (MaxLength - length)) - 1);

    public int CompareTo(Prefix other)
    {
        int byAddress = Address.CompareTo(other.Address);
        return byAddress != 0 ? byAddress : Length.CompareTo(other.Length);
    }

    public static bool operator <(Prefix left, Prefix right) => left.CompareTo(right) < 0;

    public static bool operator >(Prefix left, Prefix right) => left.CompareTo(right) > 0;

    public static bool operator <=(Prefix left, Prefix right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Prefix left, Prefix right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"{Ipv4.Format(Address)}/{Length}";
}

/// <summary>A route table's entry for one prefix: the autonomous system that it originates from.</summary>
internal readonly record struct Announcement(Prefix Prefix, uint Origin)
{
    /// <summary>Reserved (RFC 7300), so no route can have it: freed nodes are filled with it.</summary>
    public const uint ReservedOrigin = uint.MaxValue;
}
