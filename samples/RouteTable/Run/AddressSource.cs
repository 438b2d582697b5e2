using RouteTable.Data;
using RouteTable.Trie;
using RouteTable.Truth;

namespace RouteTable.Run;

/// <summary>
/// Draws the addresses of one reader: a quarter from the whole address space, three eighths from prefixes that change
/// at some time, and three eighths from those that the updater is about to change, where an error would show.
/// </summary>
internal struct AddressSource(Replay replay, StepCounter counter, ulong seed)
{
    private const int Ahead = 64; // steps

    private ulong _state = seed | 1;

    public uint Next()
    {
        ulong random = NextRandom();
        return (random >> 61) switch
        {
            < 2 => (uint)random,
            < 5 => Inside(replay[(int)((random >> 32 & (1 << 28) - 1) * (ulong)replay.Length >> 28)], random),
            _ => Inside(InFlight(random), random),
        };
    }

    /// <summary>
    /// An address that the updater is about to change, and the level of the node that it is about to replace.
    /// </summary>
    public uint NextInFlight(out int level)
    {
        ulong random = NextRandom();
        Change change = InFlight(random);

        // A node that gets or loses a child is replaced for the sake of a prefix below it.
        int above = (random >> 62) == 0 ? 1 : 0;
        level = Math.Max(Node.LevelOf(Math.Max(change.Prefix.Length, Node.RootBits + 1)) - above, 0);
        return Inside(change, random);
    }

    private readonly Change InFlight(ulong random) =>
        replay[replay.ChangeOf(counter.Finished + (long)(random >> 32 & (Ahead - 1)))];

    private static uint Inside(Change change, ulong random)
    {
        Prefix prefix = change.Prefix;
        return prefix.First | (uint)random & Prefix.HostMask(prefix.Length);
    }

    /// <summary>xorshift64*: no state but a word, nothing allocated.</summary>
    private ulong NextRandom()
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return _state * 0x2545_F491_4F6C_DD1D;
    }
}
