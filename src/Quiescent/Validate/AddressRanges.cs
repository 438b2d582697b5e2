namespace Quiescent.Validate;

// Pieces of memory, looked up by address. No two of them overlap. A piece is its own node of a search tree, which the
// pieces' priorities, as good as random, keep flat (a treap). Whoever adds a piece has made it before, so nothing here
// takes memory, and all of it may run under a lock (O8).
internal sealed class AddressRanges<TValue>
    where TValue : class
{
    private Piece? _root;

    public int Count { get; private set; }

    public void Add(Piece added)
    {
        ref Piece? place = ref _root;
        while (place is not null && place.Priority >= added.Priority)
        {
            place = ref added.Start < place.Start ? ref place.Left : ref place.Right;
        }

        Split(place, added.Start, out added.Left, out added.Right);
        place = added;
        Count++;
    }

    public bool Remove(nint start, out TValue? value)
    {
        ref Piece? place = ref _root;
        while (place is not null && place.Start != start)
        {
            place = ref start < place.Start ? ref place.Left : ref place.Right;
        }

        value = place?.Value;
        if (place is null)
        {
            return false;
        }

        place = Merge(place.Left, place.Right);
        Count--;
        return true;
    }

    /// <summary>The value of the piece that contains the address, or null.</summary>
    public TValue? Holding(nint address)
    {
        Piece? below = LastUpTo(address);
        return below is not null && (nuint)(address - below.Start) < below.Bytes ? below.Value : null;
    }

    /// <summary>The value of a piece that begins in the given memory, or null.</summary>
    public TValue? BeginningIn(nint start, nuint bytes)
    {
        Piece? last = LastUpTo(start + (nint)(bytes - 1));
        return last is not null && last.Start >= start ? last.Value : null;
    }

    private Piece? LastUpTo(nint address)
    {
        Piece? last = null;
        Piece? piece = _root;
        while (piece is not null)
        {
            if (piece.Start <= address)
            {
                last = piece;
                piece = piece.Right;
            }
            else
            {
                piece = piece.Left;
            }
        }

        return last;
    }

    private static void Split(Piece? tree, nint start, out Piece? below, out Piece? above)
    {
        if (tree is null)
        {
            below = above = null;
        }
        else if (tree.Start < start)
        {
            Split(tree.Right, start, out tree.Right, out above);
            below = tree;
        }
        else
        {
            Split(tree.Left, start, out below, out tree.Left);
            above = tree;
        }
    }

    private static Piece? Merge(Piece? below, Piece? above)
    {
        if (below is null || above is null)
        {
            return below ?? above;
        }

        if (below.Priority >= above.Priority)
        {
            below.Right = Merge(below.Right, above);
            return below;
        }

        above.Left = Merge(below, above.Left);
        return above;
    }

    /// <summary>A piece, made before it is added. Its size may be set until then.</summary>
    internal sealed class Piece(nint start, nuint bytes, TValue value)
    {
        public Piece? Left;
        public Piece? Right;

        public nint Start => start;

        public nuint Bytes { get; set; } = bytes;

        public TValue Value => value;

        public ulong Priority => (ulong)start * 0x9E3779B97F4A7C15;
    }
}
