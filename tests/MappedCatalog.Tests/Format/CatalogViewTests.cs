using System.Buffers.Binary;
using System.Text;
using MappedCatalog.Format;
using MappedCatalog.Tests.Support;
using RouteTable.Data;

namespace MappedCatalog.Tests.Format;

public sealed class CatalogViewTests
{
    private static byte[] Small =>
        Tables.Image(Tables.Parse("10.0.0.0/8,1", "10.1.0.0/16,2"), edition: 0x0102030405060708);

    [Fact]
    public void The_layout_is_what_it_says_byte_by_byte()
    {
        byte[] file = Small;
        Assert.Equal(64 + 5 * 12, file.Length);
        Assert.Equal("IPV4CTLG", Encoding.ASCII.GetString(file, 0, 8));
        Assert.Equal(1u, Number(file, 8));
        Assert.Equal(20260102u, Number(file, 12));
        Assert.Equal(0x0102030405060708, BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(16)));
        Assert.Equal(5u, Number(file, 24));
        Assert.Equal(2u, Number(file, 28));

        // The third interval: 10.1.0.0, AS2, /16.
        Assert.Equal((0x0A010000u, 2u, 16u), (Number(file, 88), Number(file, 92), Number(file, 96)));
    }

    [Fact]
    public void The_view_gives_the_header_s_fields()
    {
        CatalogView view = CatalogView.Open(Small);
        Assert.Equal((Tables.Day, 0x0102030405060708, 2, 5), (view.Date, view.Edition, view.Prefixes, view.Intervals));
    }

    [Fact]
    public void The_checksum_is_the_one_that_others_compute() =>
        Assert.Equal(0xE3069283u, Checksum.Of("123456789"u8)); // The check value of CRC-32C.

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(63)]
    public void Less_than_a_header_is_refused(int length) =>
        AssertRefused(Small[..length], "are less than a header");

    [Fact]
    public void Another_file_is_refused() =>
        AssertRefused(Encoding.ASCII.GetBytes(new string('x', 200)), "this is no catalog");

    [Fact]
    public void Another_version_is_refused()
    {
        byte[] file = Small;
        file[8] = 2;
        AssertRefused(file, "Its version is 2, not 1");
    }

    [Theory]
    [InlineData(12)]
    [InlineData(17)]
    [InlineData(24)]
    [InlineData(45)]
    [InlineData(60)]
    public void A_damaged_header_is_refused(int at)
    {
        byte[] file = Small;
        file[at] ^= 0x10;
        AssertRefused(file, "header does not have the checksum");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-12)]
    [InlineData(1)]
    public void A_file_of_another_length_is_refused(int by)
    {
        byte[] file = Small;
        Array.Resize(ref file, file.Length + by);
        AssertRefused(file, "where its header promises 124");
    }

    [Fact]
    public void A_catalog_without_intervals_is_refused()
    {
        byte[] file = Small[..64];
        file[24] = 0;
        AssertRefused(Sealed(file), "does not begin at 0.0.0.0");
    }

    [Fact]
    public void A_first_interval_elsewhere_is_refused()
    {
        byte[] file = Small;
        file[64] = 1;
        AssertRefused(file, "does not begin at 0.0.0.0");
    }

    [Fact]
    public void A_damaged_interval_is_found_by_verifying()
    {
        for (int at = 64; at < Small.Length; at++)
        {
            byte[] file = Small;
            file[at] ^= 1;
            if (at < 68)
            {
                AssertRefused(file, "does not begin at 0.0.0.0");
            }
            else
            {
                AssertUnsound(file, "intervals do not have the checksum");
            }
        }
    }

    [Fact]
    public void Intervals_out_of_order_are_found_by_verifying()
    {
        byte[] file = Small;
        file.AsSpan(64 + 2 * 12, 4).CopyTo(file.AsSpan(64 + 3 * 12));
        AssertUnsound(Sealed(file), "Interval 3 does not begin behind");
    }

    [Theory]
    [InlineData(33)]
    [InlineData(17)]
    [InlineData(-2)]
    public void An_interval_that_is_not_inside_its_prefix_is_found_by_verifying(int length)
    {
        byte[] file = Small;
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(64 + 2 * 12 + 8), length);
        AssertUnsound(Sealed(file), "Interval 2 is not inside one prefix");
    }

    [Fact]
    public void A_date_that_is_none_is_found_by_verifying()
    {
        byte[] file = Small;
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(12), 20260231);
        AssertUnsound(Sealed(file), "20260231 is no date");
    }

    private static uint Number(byte[] file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));

    /// <summary>With checksums that fit the damaged contents.</summary>
    private static byte[] Sealed(byte[] file)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(32), Checksum.Of(file.AsSpan(64)));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(60), Checksum.Of(file.AsSpan(0, 60)));
        return file;
    }

    private static void AssertRefused(byte[] file, string reason) =>
        Assert.Contains(
            reason,
            Assert.Throws<CatalogFormatException>(() => CatalogView.Open(file).Find(0)).Message,
            StringComparison.Ordinal);

    private static void AssertUnsound(byte[] file, string reason) =>
        Assert.Contains(
            reason,
            Assert.Throws<CatalogFormatException>(() => CatalogView.Open(file).Verify()).Message,
            StringComparison.Ordinal);
}
