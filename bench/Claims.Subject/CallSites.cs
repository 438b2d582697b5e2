using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Claims.Subject;

// A block, and its hand-written callback.
internal unsafe struct Node
{
    public long Key;
    public RcuHead Head;

    public static void FreeNode(RcuHead* head) => NativeMemory.Free((byte*)head - sizeof(long));
}

// Methods that hand over blocks at one place or at five: the bytes of a place are a quarter of the difference.
internal static unsafe class CallSites
{
    /// <summary>How many more places the larger methods have.</summary>
    public const int Difference = 4;

    public static void RunAll()
    {
        // SAFETY: each block is handed over by one place.
        Node** nodes = stackalloc Node*[Difference + 1];
        CallOnce(Allocate(nodes));
        FreeOnce(Allocate(nodes));
        CallFiveTimes(Allocate(nodes, Difference + 1));
        FreeFiveTimes(Allocate(nodes, Difference + 1));
    }

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

    private static Node** Allocate(Node** nodes, int count = 1)
    {
        for (int i = 0; i < count; i++)
        {
            nodes[i] = (Node*)NativeMemory.Alloc((nuint)sizeof(Node));
        }

        return nodes;
    }
}
