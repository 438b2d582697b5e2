using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent;
using RouteTable.Data;

namespace RouteTable.Trie;

/// <summary>
/// The route table: a longest-prefix-match trie of unmanaged nodes under 65,536 root slots. Any number of readers look
/// up without a lock; one updater at a time announces and withdraws.
/// </summary>
/// <remarks>
/// <para><b>Why a look-up is right.</b> A node is never changed after it was published, but for child slots that change
/// from one version of a child to the next: its routes, and which children are null, stay. The updater copies,
/// publishes the copy where the old one hung, and retires the old one. A reader in a node that was replaced sees its
/// child slots as they stood at that moment. So each node on a walk was in the trie at some time since the walk began,
/// and the last one, whose routes are complete by themselves (leaf-pushed), gives an answer that was right at one
/// moment during the walk.</para>
/// <para>A change of a prefix down to /16 is that sudden for each address; shorter ones change slot by slot.</para>
/// </remarks>
internal sealed unsafe partial class RouteTrie<TMemory> : IDisposable
    where TMemory : struct, INodeMemory
{
    private const int RootSlots = 1 << Node.RootBits;

    // SAFETY: owned by the trie until Dispose. The slots are published to; the array itself is never replaced.
    private readonly RcuPointer* _root = (RcuPointer*)NativeMemory.AllocZeroed(RootSlots, (nuint)sizeof(RcuPointer));

    /// <summary>Nodes allocated so far. The updater's own count: read it when it rests.</summary>
    public long BlocksAllocated { get; private set; }

    /// <summary>Nodes replaced and handed over to be freed so far.</summary>
    public long BlocksRetired { get; private set; }

    public Route Lookup(uint address)
    {
        NoPause none = default;
        return Lookup(address, ref none);
    }

    public Route Lookup<TPause>(uint address, ref TPause pause)
        where TPause : struct, IPause
    {
        using var guard = Rcu.ReadLock();

        // SAFETY: the root array has a slot for each 16 bits, and lives as long as the trie.
        ref readonly Node node = ref guard.Dereference<Node>(in _root[address >> (Prefix.MaxLength - Node.RootBits)]);
        if (Rcu.IsNull(in node))
        {
            return Route.None;
        }

        for (int level = 0; ; level++)
        {
            pause.Here(level);
            ref readonly Entry entry = ref node.Entries[Node.IndexOf(address, level)];
            if (level == Node.Levels - 1)
            {
                return entry.Route;
            }

            ref readonly Node child = ref guard.Dereference<Node>(in entry.Child);
            if (Rcu.IsNull(in child))
            {
                return entry.Route;
            }

            node = ref child;
        }
    }

    /// <summary>Counts the nodes by walking the trie. For when the updater rests.</summary>
    public long CountLiveBlocks()
    {
        long count = 0;
        for (int slot = 0; slot < RootSlots; slot++)
        {
            count += CountFrom(NodeIn(&_root[slot]));
        }

        return count;
    }

    /// <summary>Frees all that is left. For when neither readers nor the updater run.</summary>
    public void Dispose()
    {
        // SAFETY: nobody is left to follow these pointers; what was retired hangs in no slot, so nothing is freed
        // twice.
        for (int slot = 0; slot < RootSlots; slot++)
        {
            FreeFrom(NodeIn(&_root[slot]));
        }

        NativeMemory.Free(_root);
    }

    // SAFETY: for the updater's side only, where no node vanishes. Published slots of the trie hold nodes and nothing
    // else.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Node* NodeIn(RcuPointer* slot) => (Node*)slot->LoadProtected();

    private static long CountFrom(Node* node)
    {
        long count = node == null ? 0 : 1;
        for (int i = 0; node != null && i < Node.Fanout; i++)
        {
            count += CountFrom(NodeIn(&Node.EntryAt(node, i)->Child));
        }

        return count;
    }

    private static void FreeFrom(Node* node)
    {
        for (int i = 0; node != null && i < Node.Fanout; i++)
        {
            FreeFrom(NodeIn(&Node.EntryAt(node, i)->Child));
        }

        NativeMemory.Free(node);
    }
}
