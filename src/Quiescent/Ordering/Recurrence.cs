namespace Quiescent.Ordering;

// Which of several things a thread remembers in its quickest place: the one that it missed there some times in a row.
// To move each at once would cost a thread that uses two in turns more than the place saves it.
internal struct Recurrence
{
    private const int Due = 8;

    private long _missed;
    private int _count;

    /// <summary>Counts a miss of a thing with this number. True: it is time to move it.</summary>
    public bool IsDueAfterMiss(long number)
    {
        if (_missed != number)
        {
            _missed = number;
            _count = 0;
        }

        return ++_count % Due == 0;
    }
}
