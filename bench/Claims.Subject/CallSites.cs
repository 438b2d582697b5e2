using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Claims.Subject;

// A block, its callback as one writes it by hand, and methods that hand such blocks over, in one place or in five: a
// site's bytes are a quarter of the difference.
internal unsafe struct Node
{
    public long Key;
    public RcuHead Head;

    public static void FreeNode(RcuHead* head) => NativeMemory.Free((byte*)head - sizeof(long));
}

internal static unsafe class CallSites
{
    /// <summary>How many sites the larger methods have more than the smaller.</summary>
    public const int Difference = 4;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void CallOnce(Node** nodes) => Rcu.Call(&nodes[0]->Head, &Node.FreeNode);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void CallFiveTimes(Node** nodes)
    {
        Rcu.Call(&nodes[0]->Head, &Node.FreeNode);
        Rcu.Call(&nodes[1]->Head, &Node.FreeNode);
        Rcu.Call(&nodes[2]->Head, &Node.FreeNode);
        Rcu.Call(&nodes[3]->Head, &Node.FreeNode);
        Rcu.Call(&nodes[4]->Head, &Node.FreeNode);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void FreeOnce(Node** nodes) => Rcu.Free(nodes[0], &nodes[0]->Head);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void FreeFiveTimes(Node** nodes)
    {
        Rcu.Free(nodes[0], &nodes[0]->Head);
        Rcu.Free(nodes[1], &nodes[1]->Head);
        Rcu.Free(nodes[2], &nodes[2]->Head);
        Rcu.Free(nodes[3], &nodes[3]->Head);
        Rcu.Free(nodes[4], &nodes[4]->Head);
    }
}
