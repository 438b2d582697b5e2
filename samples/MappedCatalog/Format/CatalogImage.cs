using System.Runtime.InteropServices;
using RouteTable.Data;

namespace MappedCatalog.Format;

/// <summary>
/// The bytes of a catalog, in a buffer that is used again for the next one. For one thread at a time.
/// </summary>
internal sealed class CatalogImage
{
    private byte[] _buffer = [];
    private int _length;

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>Makes the catalog of a table; <paramref name="routes"/> are sorted, each prefix once.</summary>
    public void Build(ReadOnlySpan<Announcement> routes, DateOnly date, long edition)
    {
        Reserve(CatalogHeader.Size + Flattening.MostIntervals(routes.Length) * Interval.Size);
        Span<Interval> room = MemoryMarshal.Cast<byte, Interval>(_buffer.AsSpan(CatalogHeader.Size));
        int intervals = Flattening.Flatten(routes, room);
        _length = CatalogHeader.Size + intervals * Interval.Size;

        Span<byte> header = _buffer.AsSpan(0, CatalogHeader.Size);
        header.Clear();
        ref CatalogHeader fields = ref MemoryMarshal.AsRef<CatalogHeader>(header);
        fields.Magic = CatalogHeader.ExpectedMagic;
        fields.Version = CatalogHeader.CurrentVersion;
        fields.Date = (uint)(date.Year * 10_000 + date.Month * 100 + date.Day);
        fields.Edition = edition;
        fields.Intervals = (uint)intervals;
        fields.Prefixes = (uint)routes.Length;
        fields.BodyChecksum = Checksum.Of(_buffer.AsSpan(CatalogHeader.Size, _length - CatalogHeader.Size));
        fields.HeaderChecksum = Checksum.Of(header[..CatalogHeader.ChecksumOffset]);
    }

    /// <summary>Writes the file, reads it back and verifies what was read, and only then gives it its name.</summary>
    /// <remarks>
    /// Never into an existing file: whoever has that one mapped would see the new bytes among the old ones, or, cut
    /// short, get a SIGBUS. The file of that name is deleted instead; its pages live on until the last mapping of it is
    /// gone. Deleting first, rather than letting the rename replace it, spares ext4 writing the new file to the disk at
    /// once (auto_da_alloc): it is usually gone again before anyone asks for that.
    /// </remarks>
    public void Save(string path)
    {
        string temporary = path + ".new";
        using (FileStream file = new(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0))
        {
            file.Write(Bytes);
            file.Position = 0;
            file.ReadExactly(_buffer.AsSpan(0, _length));
        }

        CatalogView.Open(Bytes).Verify();
        File.Delete(path);
        File.Move(temporary, path);
    }

    private void Reserve(int bytes)
    {
        if (_buffer.Length < bytes)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(bytes);
        }
    }
}
