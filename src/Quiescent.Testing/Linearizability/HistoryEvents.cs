namespace Quiescent.Testing;

/// <summary>The calls and returns of some operations, in the order of time.</summary>
internal sealed class HistoryEvents
{
    private long[] _stamps = [];
    private int[] _codes = [];

    public int Count { get; private set; }

    /// <summary>The operation of an event; the complement of its number if the event is the return.</summary>
    public int this[int index] => _codes[index];

    public long StampOf(int index) => _stamps[index];

    /// <summary>Takes the events of these operations up to a moment in place of all others.</summary>
    public void Fill<TCall, TResult>(ReadOnlySpan<HistoryOperation<TCall, TResult>> operations, long until)
        where TCall : struct
        where TResult : struct
    {
        Count = 0;
        if (_stamps.Length < 2 * operations.Length)
        {
            _stamps = new long[2 * operations.Length];
            _codes = new int[2 * operations.Length];
        }

        for (int i = 0; i < operations.Length; i++)
        {
            Add(operations[i].CalledAt, i, until);
            Add(operations[i].ReturnedAt, ~i, until);
        }

        Array.Sort(_stamps, _codes, 0, Count);
    }

    // An operation that never returns has its return at the end of time, which is no event.
    private void Add(long stamp, int code, long until)
    {
        if (stamp <= until && stamp != long.MaxValue)
        {
            _stamps[Count] = stamp;
            _codes[Count++] = code;
        }
    }
}
