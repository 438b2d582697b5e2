using Quiescent;
using RouteTable.Data;

namespace RouteTable.Trie;

/// <summary>
/// The update side. Each change builds its nodes aside, hangs them into the trie by one store per root slot, and only
/// then retires those that they replace.
/// </summary>
/// <remarks>
/// <b>Why painting is right.</b> An entry shows the longest prefix that covers it. A change of a prefix of length L
/// concerns the entries in its range whose route is no longer than L; the others are covered up by longer prefixes. An
/// announcement gives them the new route; a withdrawal, for which all of them show the withdrawn prefix itself, what
/// that had covered up. Below an entry that shows a longer route all show longer ones, so painting stops there.
/// </remarks>
// SAFETY: there is one updater, and it alone retires nodes. So every node that it reaches from the root stays until it
// has been unlinked by this thread itself; published nodes are only read here, but for the slot that is published to.
internal sealed unsafe partial class RouteTrie<TMemory>
{
    private readonly ShortPrefixes _short = new();

    // The nodes that the change in progress replaces. Kept, so that changes do not allocate managed memory.
    private readonly List<nint> _replaced = new(1024);

    /// <summary>A node on the way to a prefix, and the slot that it hangs in.</summary>
    private struct Step
    {
        public RcuPointer* Slot;
        public Node* Node;
    }

    /// <summary>Adds a prefix, or gives it another origin.</summary>
    public void Announce(Prefix prefix, uint origin)
    {
        var route = new Route(origin, prefix.Length);
        if (prefix.Length <= Node.RootBits)
        {
            _short.Set(prefix, origin);
            PaintSlots(prefix, route);
            return;
        }

        int last = Node.LevelOf(prefix.Length);
        Span<Step> path = stackalloc Step[Node.Levels];
        int level = Descend(prefix.Address, last, path);

        // The deepest node on the way is copied, since it gets the prefix or a child; what is missing is added below
        // the copy. An empty slot is covered by nothing: else it would hold a node.
        RcuPointer* slot = path[Math.Max(level, 0)].Slot;
        Node* copy = level < 0 ? NewNode(Route.None) : Replace(path[level].Node);
        Node* node = copy;
        for (level = Math.Max(level, 0); level < last; level++)
        {
            Entry* entry = Node.EntryAt(node, Node.IndexOf(prefix.Address, level));
            node = NewNode(entry->Route);
            entry->Child.Assign(node);
        }

        int index = OwnPrefixes.IndexOf(prefix);
        node->Prefixes.Set(index, origin);
        Paint(node, OwnPrefixes.EntriesOf(index), prefix.Length, route);
        Publish(slot, copy);
    }

    /// <summary>Removes a prefix; false if it is not there.</summary>
    public bool Withdraw(Prefix prefix)
    {
        if (prefix.Length <= Node.RootBits)
        {
            if (!_short.Remove(prefix))
            {
                return false;
            }

            PaintSlots(prefix, _short.Cover(prefix));
            return true;
        }

        int last = Node.LevelOf(prefix.Length);
        int index = OwnPrefixes.IndexOf(prefix);
        Span<Step> path = stackalloc Step[Node.Levels];
        if (Descend(prefix.Address, last, path) < last || !path[last].Node->Prefixes.Has(index))
        {
            return false;
        }

        // Nodes that are left without a prefix and without a child go, from the last one upwards.
        Route aboveSlot = _short.Cover(SlotOf(prefix.Address));
        int kept = last;
        bool empties = path[last].Node->Prefixes.HasOnly(index) && Node.CountChildren(path[last].Node) == 0;
        while (empties && (kept > 0 || aboveSlot.IsNone))
        {
            _replaced.Add((nint)path[kept].Node);
            kept--;
            empties = kept >= 0 && path[kept].Node->Prefixes.IsEmpty && Node.CountChildren(path[kept].Node) == 1;
        }

        if (kept < 0)
        {
            Publish(path[0].Slot, null);
            return true;
        }

        Node* copy = Replace(path[kept].Node);
        if (kept < last)
        {
            // The entry shows already what the child's empty places inherited.
            Node.EntryAt(copy, Node.IndexOf(prefix.Address, kept))->Child.Assign(null);
        }
        else
        {
            copy->Prefixes.Remove(index);
            Route cover = copy->Prefixes.Cover(index, last);
            if (cover.IsNone)
            {
                cover = last == 0
                    ? aboveSlot
                    : Node.EntryAt(path[last - 1].Node, Node.IndexOf(prefix.Address, last - 1))->Route;
            }

            Paint(copy, OwnPrefixes.EntriesOf(index), prefix.Length, cover);
        }

        Publish(path[kept].Slot, copy);
        return true;
    }

    /// <summary>A prefix that ends above the nodes: each of its slots that shows it gets a copy of its node.</summary>
    private void PaintSlots(Prefix prefix, Route route)
    {
        for (uint slot = prefix.First >> Node.RootBits; slot <= prefix.Last >> Node.RootBits; slot++)
        {
            Node* node = NodeIn(&_root[slot]);
            if (node == null)
            {
                Publish(&_root[slot], NewNode(route));
            }
            else if (Node.ShowsPrefixOf(node, prefix.Length))
            {
                bool isEmpty = node->Prefixes.IsEmpty && Node.CountChildren(node) == 0;
                if (isEmpty && route.IsNone)
                {
                    _replaced.Add((nint)node);
                    Publish(&_root[slot], null);
                }
                else
                {
                    Node* copy = Replace(node);
                    Paint(copy, (0, Node.Fanout), prefix.Length, route);
                    Publish(&_root[slot], copy);
                }
            }
        }
    }

    /// <summary>Shows a route in a node that is not published yet, and in copies of its children.</summary>
    private void Paint(Node* node, (int First, int Count) range, int length, Route route)
    {
        for (int i = range.First; i < range.First + range.Count; i++)
        {
            Entry* entry = Node.EntryAt(node, i);
            if (entry->Route.Length > length)
            {
                continue;
            }

            entry->Route = route;
            Node* child = NodeIn(&entry->Child);
            if (child != null && Node.ShowsPrefixOf(child, length))
            {
                Node* copy = Replace(child);
                Paint(copy, (0, Node.Fanout), length, route);
                entry->Child.Assign(copy);
            }
        }
    }

    /// <summary>Follows an address to a level; the deepest level that has a node, -1 if the slot is empty.</summary>
    private int Descend(uint address, int last, Span<Step> path)
    {
        _replaced.Clear();
        RcuPointer* slot = &_root[address >> (Prefix.MaxLength - Node.RootBits)];
        path[0].Slot = slot;
        for (int level = 0; ; level++)
        {
            Node* node = NodeIn(slot);
            if (node == null)
            {
                return level - 1;
            }

            path[level] = new Step { Slot = slot, Node = node };
            if (level == last)
            {
                return level;
            }

            slot = &Node.EntryAt(node, Node.IndexOf(address, level))->Child;
        }
    }

    private Node* NewNode(Route inherited)
    {
        BlocksAllocated++;
        Node* node = TMemory.Allocate();
        *node = default;
        for (int i = 0; i < Node.Fanout; i++)
        {
            Node.EntryAt(node, i)->Route = inherited;
        }

        return node;
    }

    /// <summary>A copy to change and publish, for which the original is retired afterwards.</summary>
    private Node* Replace(Node* node)
    {
        BlocksAllocated++;
        Node* copy = TMemory.Allocate();

        // SAFETY: both are a node's size; only this thread stores child slots, so none changes meanwhile.
        *copy = *node;
        _replaced.Add((nint)node);
        return copy;
    }

    /// <summary>From here new readers find the new nodes: only now may the old ones be given away.</summary>
    private void Publish(RcuPointer* slot, Node* node)
    {
        slot->Assign(node);
        foreach (nint replaced in _replaced)
        {
            BlocksRetired++;
            TMemory.Retire((Node*)replaced);
        }

        _replaced.Clear();
    }

    private static Prefix SlotOf(uint address) => new(address & ~Prefix.HostMask(Node.RootBits), Node.RootBits);
}
