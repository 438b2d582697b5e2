using Quiescent;
using RouteTable.Trie;

namespace RouteTable.Tests;

/// <summary>The busted twin: frees at once, as if every grace period ended without waiting for anybody.</summary>
internal readonly unsafe struct AtOnce : INodeMemory
{
    public static Node* Allocate() => PlainMemory.Allocate();

    public static void Retire(Node* replaced) => PoisoningHeap.Free(replaced);
}

/// <summary>The forgetful twin: one block in a thousand is never freed.</summary>
internal readonly unsafe struct Forgetful : INodeMemory
{
    private static int s_turn;

    public static Node* Allocate() => CheckedMemory.Allocate();

    public static void Retire(Node* replaced)
    {
        if (++s_turn % 1000 != 0)
        {
            Rcu.Free<PoisoningHeap>(replaced);
        }
    }
}

/// <summary>Parks the reader with a node of a level in its hands until the test lets it go on.</summary>
internal readonly struct Parking(int level, ManualResetEventSlim arrived, ManualResetEventSlim goOn) : IPause
{
    public void Here(int here)
    {
        if (here == level)
        {
            arrived.Set();
            goOn.Wait();
        }
    }
}

/// <summary>
/// Lets the updater change the trie in the middle of a walk, on the same thread: no schedule could be more exact.
/// </summary>
internal readonly struct Meanwhile(Action<int> change) : IPause
{
    public void Here(int level) => change(level);
}
