using System.Runtime.CompilerServices;

namespace Quiescent.Collections.Index;

// A walk over the whole index, or over the part behind a cursor, which it moves.
internal unsafe ref struct CursorWalk
{
    private readonly ref DictionaryCursor _cursor;
    private IndexWalk _walk;
    private int _left;

    public CursorWalk(IndexTable table)
    {
        _walk = new IndexWalk(table, default);
        _left = int.MaxValue;
        IsBounded = false;
    }

    public CursorWalk(IndexTable table, ref DictionaryCursor cursor, int atMost)
    {
        _cursor = ref cursor;
        _walk = new IndexWalk(table, cursor);
        _left = atMost;
        IsBounded = true;
    }

    public readonly void* Current => _walk.Current;

    private readonly bool IsBounded { get; }

    /// <inheritdoc cref="IndexWalk.MoveNext"/>
    public bool MoveNext()
    {
        if (IsBounded && _left-- <= 0)
        {
            _left = 0;
            return false;
        }

        bool hasMoved = _walk.MoveNext();
        if (IsBounded)
        {
            _cursor = _walk.Cursor;
        }

        return hasMoved;
    }
}
