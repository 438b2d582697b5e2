using System.Runtime.InteropServices;

namespace MappedCatalog.Format;

/// <summary>
/// The first 64 bytes of a catalog file. After them come <see cref="Intervals"/> records of 12 bytes (<see
/// cref="Interval"/>), and nothing else. All numbers are little-endian.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct CatalogHeader
{
    public const int Size = 64;

    /// <summary>"IPV4CTLG", read as a little-endian number.</summary>
    public const ulong ExpectedMagic = 0x474C_5443_3456_5049;

    public const uint CurrentVersion = 1;

    [FieldOffset(0)]
    public ulong Magic;

    [FieldOffset(8)]
    public uint Version;

    /// <summary>Of the table: year × 10,000 + month × 100 + day.</summary>
    [FieldOffset(12)]
    public uint Date;

    /// <summary>Which file of the service's life this is, from 1: two files of one date differ in it.</summary>
    [FieldOffset(16)]
    public long Edition;

    [FieldOffset(24)]
    public uint Intervals;

    /// <summary>Prefixes in the table that the intervals were made of.</summary>
    [FieldOffset(28)]
    public uint Prefixes;

    /// <summary>Of the records.</summary>
    [FieldOffset(32)]
    public uint BodyChecksum;

    /// <summary>Of the bytes before it; those between are 0.</summary>
    [FieldOffset(ChecksumOffset)]
    public uint HeaderChecksum;

    public const int ChecksumOffset = 60;
}

/// <summary>
/// A range of addresses that all have the same longest match. It begins at <see cref="First"/> and ends before the next
/// one.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct Interval(uint First, uint Origin, int Length)
{
    public const int Size = 12;

    /// <summary>The <see cref="Length"/> of a range that no prefix covers; its origin is 0.</summary>
    public const int NoRoute = -1;
}
