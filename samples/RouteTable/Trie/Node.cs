using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent;
using RouteTable.Data;

namespace RouteTable.Trie;

/// <summary>
/// A node of the trie, in unmanaged memory: four bits of the address. The first sixteen choose a root slot, so that
/// level 0 is for bits 16 to 19 and level 3, the last, for bits 28 to 31.
/// </summary>
/// <remarks>
/// <para><see cref="Entries"/> is all that readers see. Its routes are leaf-pushed: each entry holds the longest prefix
/// down to this level, inherited or not, so a walk carries nothing along; where it ends stands the whole answer.</para>
/// <para><see cref="Prefixes"/> is the updater's, to find what a withdrawn prefix had covered up. It comes first in the
/// block because allocators mark freed blocks in their first words, which are then not those that a late reader would
/// follow.</para>
/// <para>The children are untyped because the runtime does not load inline arrays of <c>RcuPointer&lt;Node&gt;</c> in a
/// Node.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Node
{
    public const int Stride = 4;
    public const int Fanout = 1 << Stride;
    public const int RootBits = 16;
    public const int Levels = (Prefix.MaxLength - RootBits) / Stride;

    public OwnPrefixes Prefixes;
    public NodeEntries Entries;

    /// <summary>The level whose nodes hold prefixes of a length that the root does not.</summary>
    public static int LevelOf(int length) => (length - RootBits - 1) / Stride;

    /// <summary>The entry for an address in a node of a level.</summary>
    public static int IndexOf(uint address, int level) =>
        (int)(address >> (Prefix.MaxLength - RootBits - (level + 1) * Stride)) & (Fanout - 1);

    // SAFETY: the entries of a node in unmanaged memory do not move; the index is below Fanout.
    public static Entry* EntryAt(Node* node, int index) => (Entry*)&node->Entries + index;

    public static int CountChildren(Node* node)
    {
        int count = 0;
        for (int i = 0; i < Fanout; i++)
        {
            count += EntryAt(node, i)->Child.IsNull ? 0 : 1;
        }

        return count;
    }

    /// <summary>
    /// Whether a prefix of that length can show anywhere below: in an entry that no longer one holds.
    /// </summary>
    public static bool ShowsPrefixOf(Node* node, int length)
    {
        for (int i = 0; i < Fanout; i++)
        {
            if (EntryAt(node, i)->Route.Length <= length)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>
/// A child and the answer where there is none: sixteen bytes, so that a step of a walk touches one cache line.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Entry
{
    public RcuPointer Child;
    public Route Route;
}

[InlineArray(Node.Fanout)]
internal struct NodeEntries
{
    private Entry _first;
}

/// <summary>
/// The prefixes that end in a node, as a binary heap: one of depth d (1 to 4 bits into the node) and bits b has the
/// index 2^d + b, and the one that covers it is at half the index.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OwnPrefixes
{
    private const int Heap = 2 * Node.Fanout;

    // Bit i: index i is present. Indexes 0 and 1 are no prefixes of this node, so the word stands in the place of
    // origin 0.
    private uint _present;
    private Origins _origins;

    [InlineArray(Heap - 1)]
    private struct Origins
    {
        private uint _first;
    }

    public readonly bool IsEmpty => _present == 0;

    /// <summary>The heap's index of a prefix in the node that it ends in.</summary>
    public static int IndexOf(Prefix prefix)
    {
        int depth = DepthOf(prefix.Length);
        uint bits = prefix.Address >> (Prefix.MaxLength - prefix.Length) & ((1u << depth) - 1);
        return (int)(1u << depth | bits);
    }

    /// <summary>The entries that a prefix with this index covers.</summary>
    public static (int First, int Count) EntriesOf(int index)
    {
        int free = Node.Stride - BitOperations.Log2((uint)index);
        return (index << free & (Node.Fanout - 1), 1 << free);
    }

    public readonly bool Has(int index) => (_present >> index & 1) != 0;

    public readonly bool HasOnly(int index) => _present == 1u << index;

    public void Set(int index, uint origin)
    {
        _present |= 1u << index;
        _origins[index - 1] = origin;
    }

    public void Remove(int index) => _present &= ~(1u << index);

    /// <summary>
    /// The longest of this node's prefixes that covers another one; none if only those above the node do.
    /// </summary>
    public readonly Route Cover(int index, int level)
    {
        for (int cover = index >> 1; cover > 1; cover >>= 1)
        {
            if (Has(cover))
            {
                return new Route(
                    _origins[cover - 1], Node.RootBits + level * Node.Stride + BitOperations.Log2((uint)cover));
            }
        }

        return Route.None;
    }

    private static int DepthOf(int length) => (length - Node.RootBits - 1) % Node.Stride + 1;
}
