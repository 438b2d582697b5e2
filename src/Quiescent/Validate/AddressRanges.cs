namespace Quiescent.Validate;

// Pieces of memory, looked up by address. No two of them overlap.
internal sealed class AddressRanges<TValue>
    where TValue : class
{
    private readonly SortedSet<Piece> _pieces =
        new(Comparer<Piece>.Create(static (a, b) => a.Start.CompareTo(b.Start)));

    public int Count => _pieces.Count;

    /// <exception cref="OutOfMemoryException">There is no memory; nothing has changed.</exception>
    public void Add(nint start, nuint bytes, TValue value) => _pieces.Add(new Piece(start, bytes, value));

    public bool Remove(nint start, out TValue? value)
    {
        bool found = _pieces.TryGetValue(Piece.At(start), out Piece? piece);
        value = piece?.Value;
        return found && _pieces.Remove(piece!);
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

    private Piece? LastUpTo(nint address) =>
        _pieces.Count == 0 || address < _pieces.Min!.Start
            ? null
            : _pieces.GetViewBetween(_pieces.Min, Piece.At(address)).Max;

    private sealed record Piece(nint Start, nuint Bytes, TValue Value)
    {
        public static Piece At(nint address) => new(address, 0, null!);
    }
}
