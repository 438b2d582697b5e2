using RouteTable.Trie;

namespace RouteTable.Truth;

/// <summary>From this position of the replay on, until the interval's next era, the answer is this.</summary>
internal readonly record struct Era(int From, Route Answer);

/// <summary>
/// What a look-up may answer, from flat arrays and binary search alone: nothing here knows the trie. The boundaries of
/// all prefixes of both tables cut the address space into intervals inside which all addresses fare alike. Each has its
/// eras: its answers in the order of the <see cref="Replay"/>'s positions, one for most, one more for each change that
/// it feels.
/// </summary>
internal sealed class GroundTruth
{
    private const int DirectoryBits = 16;

    private readonly uint[] _starts;    // the first address of each interval, ascending from 0
    private readonly int[] _firstEra;   // of each interval; its last one is before the next interval's first
    private readonly Era[] _eras;
    private readonly int[] _directory;  // for each value of the upper bits: the interval of its first address

    internal GroundTruth(uint[] starts, int[] firstEra, Era[] eras)
    {
        _starts = starts;
        _firstEra = firstEra;
        _eras = eras;

        // Spares the first half of each search, whose places are too far apart for a cache.
        _directory = new int[(1 << DirectoryBits) + 1];
        int interval = 0;
        for (uint upper = 0; upper < 1 << DirectoryBits; upper++)
        {
            while (interval + 1 < starts.Length && starts[interval + 1] <= upper << (32 - DirectoryBits))
            {
                interval++;
            }

            _directory[upper] = interval;
        }

        _directory[1 << DirectoryBits] = starts.Length - 1;
    }

    public int Intervals => _starts.Length;

    public uint StartOf(int interval) => _starts[interval];

    /// <summary>Whether the address has this answer at any of the positions.</summary>
    public bool Allows(uint address, Route answer, (int Min, int Max) positions)
    {
        foreach (ref readonly Era era in ErasOf(address, positions))
        {
            if (era.Answer == answer)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The eras of an address that the positions touch: at least one.</summary>
    public ReadOnlySpan<Era> ErasOf(uint address, (int Min, int Max) positions)
    {
        int interval = IntervalOf(address);
        int from = _firstEra[interval];
        int end = _firstEra[interval + 1];
        while (from + 1 < end && _eras[from + 1].From <= positions.Min)
        {
            from++;
        }

        int to = from + 1;
        while (to < end && _eras[to].From <= positions.Max)
        {
            to++;
        }

        return _eras.AsSpan(from, to - from);
    }

    private int IntervalOf(uint address)
    {
        uint upper = address >> (32 - DirectoryBits);
        int low = _directory[upper];
        int high = _directory[upper + 1];
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (_starts[middle] <= address)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }
}
