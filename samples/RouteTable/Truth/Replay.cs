using RouteTable.Data;
using RouteTable.Trie;

namespace RouteTable.Truth;

/// <summary>
/// The endless walk of the updater between two tables. It starts at the newer one, takes the changes back one by one
/// to the older, applies them again, and so on. The table at position p is the older one with the first p changes.
/// </summary>
internal sealed class Replay(Change[] changes)
{
    public int Length => changes.Length;

    public Change this[int change] => changes[change];

    /// <summary>Where the table stands after so many steps.</summary>
    public int PositionAfter(long steps)
    {
        long phase = steps % (2L * Length);
        return (int)Math.Abs(Length - phase);
    }

    /// <summary>The change that a step (the first is 0) takes back or applies.</summary>
    public int ChangeOf(long step) => Math.Min(PositionAfter(step), PositionAfter(step + 1));

    /// <summary>All positions between two numbers of steps: a range, for each step moves by one.</summary>
    public (int Min, int Max) PositionsBetween(long from, long to)
    {
        int first = PositionAfter(from);
        int last = PositionAfter(to);

        // The turning points: the newer table at even multiples of the length, the older at odd ones.
        long firstLap = from / Length;
        long lastLap = to / Length;
        bool turnsAtNewer = lastLap / 2 > firstLap / 2;
        bool turnsAtOlder = (lastLap + 1) / 2 > (firstLap + 1) / 2;
        return (turnsAtOlder ? 0 : Math.Min(first, last), turnsAtNewer ? Length : Math.Max(first, last));
    }

    public void Apply<TMemory>(RouteTrie<TMemory> trie, long step)
        where TMemory : struct, INodeMemory
    {
        int position = PositionAfter(step);
        bool forwards = PositionAfter(step + 1) > position;
        Change change = changes[forwards ? position : position - 1];
        if ((forwards ? change.Newer : change.Older) is uint origin)
        {
            trie.Announce(change.Prefix, origin);
        }
        else if (!trie.Withdraw(change.Prefix))
        {
            throw new InvalidOperationException($"The table lacks {change.Prefix}, which step {step} withdraws.");
        }
    }
}
