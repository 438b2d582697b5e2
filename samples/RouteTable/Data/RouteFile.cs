using System.IO.Compression;
using System.Text;

namespace RouteTable.Data;

/// <summary>
/// Reads a table from text, gzip or not: a line per route, <c>prefix/length,origin</c>. Empty lines and lines that
/// start with <c>#</c> are skipped. What comes back is sorted and has each prefix once, which everything after it
/// relies on: of several lines with one prefix (some networks are announced by two systems) the last counts, as it
/// would for a router. A line that is anything else is refused with its number, because a table read wrongly makes
/// every check against it worthless.
/// </summary>
internal static class RouteFile
{
    private const int LongestLine = 4096;

    // Else a shortened gzip file reads as a shorter table, without an error.
    static RouteFile() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    public static RouteList Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            using Stream text = IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress) : file;
            return Parse(path, text);
        }
        catch (InvalidDataException damaged)
        {
            throw new RouteFileException(path, $"damaged gzip data: {damaged.Message}", damaged);
        }
        catch (Exception unreadable) when (unreadable
            is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new RouteFileException(path, $"cannot be read: {unreadable.Message}", unreadable);
        }
    }

    public static RouteList Parse(string name, Stream text)
    {
        var routes = new List<Announcement>();
        byte[] buffer = new byte[1 << 16];
        int filled = 0;
        int number = 0;
        int read;
        do
        {
            read = text.Read(buffer, filled, buffer.Length - filled);
            filled += read;
            ReadOnlySpan<byte> rest = buffer.AsSpan(0, filled);

            // At the end of the file the last line may lack its line feed.
            while (rest.IndexOf((byte)'\n') is int end && (end >= 0 || (read == 0 && !rest.IsEmpty)))
            {
                number++;
                AddLine(name, number, end >= 0 ? rest[..end] : rest, routes);
                rest = end >= 0 ? rest[(end + 1)..] : default;
            }

            if (rest.Length > LongestLine)
            {
                throw new RouteFileException(
                    name, number + 1, $"longer than {LongestLine:N0} bytes: this is not a route file");
            }

            rest.CopyTo(buffer);
            filled = rest.Length;
        }
        while (read > 0);

        return routes.Count > 0 ? Sort(routes) : throw new RouteFileException(name, "holds no routes");
    }

    /// <summary>A file that cannot be rewound, a pipe for one, is taken for text.</summary>
    private static bool IsGzip(FileStream file)
    {
        if (!file.CanSeek)
        {
            return false;
        }

        bool isGzip = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        return isGzip;
    }

    private static void AddLine(string name, int number, ReadOnlySpan<byte> line, List<Announcement> routes)
    {
        if (number == 1 && line.StartsWith(Encoding.UTF8.Preamble))
        {
            line = line[Encoding.UTF8.Preamble.Length..];
        }

        line = line.TrimEnd((byte)'\r');
        if (line.IsEmpty || line[0] == '#')
        {
            return;
        }

        if (ParseLine(line, out Announcement route) is string reason)
        {
            throw new RouteFileException(name, number, reason);
        }

        routes.Add(route);
    }

    /// <summary>Null when the line is a route, else what is wrong with it.</summary>
    private static string? ParseLine(ReadOnlySpan<byte> line, out Announcement route)
    {
        route = default;
        int slash = line.IndexOf((byte)'/');
        int comma = line.IndexOf((byte)',');
        if (slash < 0 || comma < slash)
        {
            return $"'{Quote(line)}' is not of the form prefix/length,origin";
        }

        if (!Ipv4.TryParse(line[..slash], out uint address))
        {
            return $"'{Quote(line[..slash])}' is not an IPv4 address";
        }

        if (!Ipv4.TryParseNumber(line[(slash + 1)..comma], Prefix.MaxLength, out uint length))
        {
            return $"'{Quote(line[(slash + 1)..comma])}' is not a prefix length (0 to 32)";
        }

        if (!Ipv4.TryParseNumber(line[(comma + 1)..], Announcement.ReservedOrigin - 1, out uint origin))
        {
            return $"'{Quote(line[(comma + 1)..])}' is not an AS number (0 to {Announcement.ReservedOrigin - 1})";
        }

        uint network = address & ~Prefix.HostMask((int)length);
        route = new Announcement(new Prefix(network, (int)length), origin);
        return network == address
            ? null
            : $"'{Quote(line[..comma])}' has bits set behind its length; its network is {route.Prefix}";
    }

    /// <summary>Text from the file for a message: short, and without what could disturb a terminal.</summary>
    private static string Quote(ReadOnlySpan<byte> text)
    {
        const int Longest = 40;
        string start = Encoding.ASCII.GetString(text[..Math.Min(text.Length, Longest)]);
        return string.Concat(start.Select(c => char.IsControl(c) ? '?' : c)) + (text.Length > Longest ? "…" : "");
    }

    /// <summary>Sorts, and of lines with the same prefix keeps the last.</summary>
    private static RouteList Sort(List<Announcement> routes)
    {
        // A stable sort; of a table that is sorted already, as they usually are, a quick one.
        Announcement[] sorted = [.. routes.OrderBy(route => route.Prefix)];
        int kept = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            if (i + 1 == sorted.Length || sorted[i + 1].Prefix != sorted[i].Prefix)
            {
                sorted[kept++] = sorted[i];
            }
        }

        return new RouteList(sorted[..kept], sorted.Length - kept);
    }
}

/// <param name="Routes">Sorted, each prefix once.</param>
/// <param name="Repeated">Lines that a later one with the same prefix has replaced.</param>
internal sealed record RouteList(Announcement[] Routes, int Repeated);
