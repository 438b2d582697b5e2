namespace RouteTable.Trie;

/// <summary>
/// Something to do in the middle of a walk, with a node in hand and its section open: the moments in which a grace
/// period that ended too early does harm. A struct policy, so that the walk without one pays nothing.
/// </summary>
internal interface IPause
{
    void Here(int level);
}

internal readonly struct NoPause : IPause
{
    public void Here(int level)
    {
    }
}
