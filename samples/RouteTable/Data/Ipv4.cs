using System.Globalization;

namespace RouteTable.Data;

/// <summary>
/// IPv4 addresses and numbers as text: strict, so that a typing error is an error and not another address.
/// </summary>
internal static class Ipv4
{
    /// <summary>Four decimal numbers, no signs, blanks or leading zeros (which some readers take for octal).</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out uint address)
    {
        address = 0;
        for (int octet = 0; octet < 4; octet++)
        {
            int dot = octet < 3 ? text.IndexOf((byte)'.') : text.Length;
            if (dot < 0 || !TryParseNumber(text[..dot], byte.MaxValue, out uint value))
            {
                return false;
            }

            address = address << 8 | value;
            text = text[Math.Min(dot + 1, text.Length)..];
        }

        return true;
    }

    /// <summary>A decimal number of at most <paramref name="max"/>.</summary>
    public static bool TryParseNumber(ReadOnlySpan<byte> text, uint max, out uint value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > 10 || (text[0] == '0' && text.Length > 1))
        {
            return false;
        }

        ulong sum = 0;
        foreach (byte digit in text)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            sum = sum * 10 + (uint)(digit - '0');
        }

        value = (uint)sum;
        return sum <= max;
    }

    public static string Format(uint address) => string.Create(
        CultureInfo.InvariantCulture,
        $"{address >> 24}.{(byte)(address >> 16)}.{(byte)(address >> 8)}.{(byte)address}");
}
