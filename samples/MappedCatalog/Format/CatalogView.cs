using System.Globalization;
using System.Runtime.InteropServices;
using RouteTable.Data;

namespace MappedCatalog.Format;

/// <summary>
/// Reads a catalog where it lies: nothing is copied or allocated. <see cref="Open"/> looks at the header alone, so that
/// a view costs some nanoseconds and can be made for each look-up; <see cref="Verify"/> reads every byte, which whoever
/// publishes a file does once.
/// </summary>
internal readonly ref struct CatalogView
{
    private readonly ref readonly CatalogHeader _header;
    private readonly ReadOnlySpan<Interval> _intervals;

    private CatalogView(ref readonly CatalogHeader header, ReadOnlySpan<Interval> intervals)
    {
        _header = ref header;
        _intervals = intervals;
    }

    /// <summary>Of the table that the catalog was made of.</summary>
    public DateOnly Date => new((int)_header.Date / 10_000, (int)_header.Date / 100 % 100, (int)_header.Date % 100);

    public long Edition => _header.Edition;

    public int Prefixes => (int)_header.Prefixes;

    public int Intervals => _intervals.Length;

    /// <summary>The catalog in these bytes, all of them.</summary>
    /// <exception cref="CatalogFormatException">It is none, is damaged in its header, or is cut short.</exception>
    /// <exception cref="PlatformNotSupportedException">The processor is not a little-endian one.</exception>
    public static CatalogView Open(ReadOnlySpan<byte> file)
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Catalogs are read where they lie, and are little-endian.");
        }

        if (file.Length < CatalogHeader.Size)
        {
            throw new CatalogFormatException($"{file.Length} bytes are less than a header.");
        }

        ref readonly CatalogHeader header = ref MemoryMarshal.AsRef<CatalogHeader>(file);
        if (header.Magic != CatalogHeader.ExpectedMagic)
        {
            throw new CatalogFormatException("It does not begin with IPV4CTLG: this is no catalog.");
        }

        if (header.Version != CatalogHeader.CurrentVersion)
        {
            throw new CatalogFormatException($"Its version is {header.Version}, not {CatalogHeader.CurrentVersion}.");
        }

        if (header.HeaderChecksum != Checksum.Of(file[..CatalogHeader.ChecksumOffset]))
        {
            throw new CatalogFormatException("Its header does not have the checksum that stands in it.");
        }

        long expected = CatalogHeader.Size + (long)header.Intervals * Interval.Size;
        if (file.Length != expected)
        {
            throw new CatalogFormatException($"It has {file.Length} bytes where its header promises {expected}.");
        }

        ReadOnlySpan<Interval> intervals = MemoryMarshal.Cast<byte, Interval>(file[CatalogHeader.Size..]);
        if (intervals.IsEmpty || intervals[0].First != 0)
        {
            throw new CatalogFormatException("Its first interval does not begin at 0.0.0.0.");
        }

        return new CatalogView(in header, intervals);
    }

    /// <summary>The longest match of an address.</summary>
    public Match Find(uint address)
    {
        // The last interval that begins at the address or before it. There is one: the first begins at 0.
        int low = 0;
        int high = _intervals.Length - 1;
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (_intervals[middle].First <= address)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        Interval found = _intervals[low];
        return new Match(found.First, LastOf(low), found.Origin, found.Length);
    }

    /// <summary>Reads all of it.</summary>
    /// <exception cref="CatalogFormatException">A byte is not what was written, or what was written makes no
    /// sense.</exception>
    public void Verify()
    {
        if (_header.BodyChecksum != Checksum.Of(MemoryMarshal.AsBytes(_intervals)))
        {
            throw new CatalogFormatException("Its intervals do not have the checksum that stands in the header.");
        }

        string date = _header.Date.ToString("d8", CultureInfo.InvariantCulture);
        if (!DateOnly.TryParseExact(date, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            throw new CatalogFormatException($"{date} is no date.");
        }

        for (int i = 0; i < _intervals.Length; i++)
        {
            if (i + 1 < _intervals.Length && _intervals[i + 1].First <= _intervals[i].First)
            {
                throw new CatalogFormatException($"Interval {i + 1} does not begin behind the one before it.");
            }

            if (!IsSound(_intervals[i], LastOf(i)))
            {
                throw new CatalogFormatException($"Interval {i} is not inside one prefix: {_intervals[i]}.");
            }
        }
    }

    private static bool IsSound(Interval interval, uint last) => interval.Length == Interval.NoRoute
        ? interval.Origin == 0
        : interval.Length is >= 0 and <= Prefix.MaxLength
            && ((interval.First ^ last) & ~Prefix.HostMask(interval.Length)) == 0;

    private uint LastOf(int interval) =>
        interval + 1 < _intervals.Length ? _intervals[interval + 1].First - 1 : uint.MaxValue;
}

/// <summary>
/// What a catalog says of an address: the range around it in which all addresses have the same longest match, and that
/// match.
/// </summary>
internal readonly record struct Match(uint First, uint Last, uint Origin, int Length)
{
    /// <summary>Null where no prefix covers the range.</summary>
    public Prefix? Prefix => Length == Interval.NoRoute
        ? null
        : new Prefix(First & ~RouteTable.Data.Prefix.HostMask(Length), Length);
}
