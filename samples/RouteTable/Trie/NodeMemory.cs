using System.Runtime.InteropServices;
using Quiescent;

namespace RouteTable.Trie;

/// <summary>
/// Where nodes come from, and what becomes of those that were replaced. A struct policy: the trie is compiled once for
/// each, without a call between them.
/// </summary>
// SAFETY: all of them hand out blocks of malloc of a node's size, so that the trie may free what is left by itself.
internal unsafe interface INodeMemory
{
    /// <summary>A node's worth of memory, with anything in it.</summary>
    static abstract Node* Allocate();

    /// <summary>Takes over a node that no new reader can reach. Old ones may still be in it.</summary>
    static abstract void Retire(Node* replaced);
}

/// <summary>For speed: malloc, and free after a grace period, which the library does on any thread.</summary>
internal readonly unsafe struct PlainMemory : INodeMemory
{
    public static Node* Allocate() => (Node*)NativeMemory.Alloc((nuint)sizeof(Node));

    public static void Retire(Node* replaced) => Rcu.Free(replaced);
}

/// <summary>For checking: after a grace period nodes are poisoned, and used again only long after.</summary>
internal readonly unsafe struct CheckedMemory : INodeMemory
{
    public static Node* Allocate() => PoisoningHeap.Allocate();

    public static void Retire(Node* replaced) => Rcu.Free<PoisoningHeap>(replaced);
}
