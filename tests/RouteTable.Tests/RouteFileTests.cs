using System.IO.Compression;
using System.Text;
using RouteTable.Data;

namespace RouteTable.Tests;

public sealed class RouteFileTests
{
    [Theory]
    [InlineData("1.0.0.0/24,1\nrubbish\n", 2, "'rubbish' is not of the form prefix/length,origin")]
    [InlineData("1.0.0.0/24\n", 1, "'1.0.0.0/24' is not of the form")]
    [InlineData("1.0.0.0,24/1\n", 1, "is not of the form")]
    [InlineData("1.0.0.256/24,1\n", 1, "'1.0.0.256' is not an IPv4 address")]
    [InlineData("\n# comment\n1.0.0.0/33,1", 3, "'33' is not a prefix length (0 to 32)")]
    [InlineData("1.0.0.0/,1\n", 1, "'' is not a prefix length")]
    [InlineData("1.0.0.0/24,AS1\n", 1, "'AS1' is not an AS number (0 to 4294967294)")]
    [InlineData("1.0.0.0/24,4294967295\n", 1, "'4294967295' is not an AS number")]
    [InlineData("1.0.0.0/24,-1\n", 1, "'-1' is not an AS number")]
    [InlineData("1.0.0.0/24,1,2\n", 1, "'1,2' is not an AS number")]
    [InlineData(
        "2.0.0.0/24,1\n1.0.0.1/24,1",
        2,
        "'1.0.0.1/24' has bits set behind its length; its network is 1.0.0.0/24")]
    [InlineData("1.0.0.0/24,1\n\u001b[2J\n", 2, "'?[2J' is not of the form")]
    public void A_bad_line_is_refused_with_its_number_and_the_reason(string text, int line, string reason)
    {
        var refused = Assert.Throws<RouteFileException>(() => Tables.Parse(text));
        Assert.Equal(line, refused.Line);
        Assert.StartsWith($"test:{line}: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_end_is_refused_with_its_number()
    {
        string text = "1.0.0.0/24,1\n" + new string('1', 100_000);
        var refused = Assert.Throws<RouteFileException>(() => Tables.Parse(text));
        Assert.Equal(2, refused.Line);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n# nothing\n")]
    public void A_file_without_routes_is_refused(string text)
    {
        var refused = Assert.Throws<RouteFileException>(() => Tables.Parse(text));
        Assert.Contains("no routes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_may_end_as_on_any_system_and_the_last_one_not_at_all()
    {
        Announcement[] expected = [Tables.Route("1.0.0.0/24,1"), Tables.Route("2.0.0.0/24,4294967294")];
        Assert.Equal(expected, Tables.Parse("1.0.0.0/24,1\n2.0.0.0/24,4294967294"));
        Assert.Equal(expected, Tables.Parse("\uFEFF1.0.0.0/24,1\r\n\r\n2.0.0.0/24,4294967294\r\n"));
    }

    [Fact]
    public void Routes_come_back_sorted_and_the_last_of_a_repeated_prefix_counts()
    {
        RouteList table = RouteFile.Parse("test", new MemoryStream(Encoding.ASCII.GetBytes(
            "9.0.0.0/8,1\n0.0.0.0/0,2\n9.0.0.0/16,3\n9.0.0.0/8,4\n8.0.0.0/8,5\n9.0.0.0/8,6\n")));
        Assert.Equal(2, table.Repeated);
        Assert.Equal(
            [
                Tables.Route("0.0.0.0/0,2"), Tables.Route("8.0.0.0/8,5"), Tables.Route("9.0.0.0/8,6"),
                Tables.Route("9.0.0.0/16,3"),
            ],
            table.Routes);
    }

    [Fact]
    public void Lines_across_the_reader_s_buffers_stay_whole()
    {
        Announcement[] routes = [.. Enumerable.Range(0, 20_000).Select(
            i => new Announcement(new Prefix((uint)i << 8, 24), (uint)i))];
        string text = string.Join('\n', routes.Select(route => $"{route.Prefix},{route.Origin}"));
        Assert.Equal(routes, RouteFile.Parse("test", new TrickleStream(Encoding.ASCII.GetBytes(text))).Routes);
    }

    [Fact]
    public void Files_are_read_gzip_or_not_by_what_they_hold()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "1.0.0.0/24,1\n");
            Assert.Single(RouteFile.Read(path).Routes);
            byte[] packed = Gzip("1.0.0.0/24,1\n2.0.0.0/24,1\n");
            File.WriteAllBytes(path, packed);
            Assert.Equal(2, RouteFile.Read(path).Routes.Length);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_damaged_or_shortened_gzip_file_is_refused()
    {
        string path = Path.GetTempFileName();
        try
        {
            IEnumerable<string> lines =
                Enumerable.Range(0, 50_000).Select(i => $"{new Prefix((uint)i << 12, 24)},{i * 7919}\n");
            byte[] packed = Gzip(string.Concat(lines));
            File.WriteAllBytes(path, packed[..(packed.Length / 2)]);
            Assert.Throws<RouteFileException>(() => RouteFile.Read(path));
            packed.AsSpan(packed.Length / 2, 64).Fill(0xff);
            File.WriteAllBytes(path, packed);
            Assert.Throws<RouteFileException>(() => RouteFile.Read(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_is_not_there_is_refused_with_its_name()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var refused = Assert.Throws<RouteFileException>(() => RouteFile.Read(path));
        Assert.StartsWith(path, refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, refused.Line);
    }

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.ASCII.GetBytes(text));
        }

        return packed.ToArray();
    }

    /// <summary>Gives a few bytes at a time, as decompressors and pipes may.</summary>
    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, Math.Min(count, 1021));
    }
}
