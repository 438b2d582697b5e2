namespace Quiescent.Ordering;

// The text of /proc/.../stat: numbers between spaces, except the second field, a name in parentheses that may hold
// both.
internal static class ThreadStat
{
    private const int StartTimeField = 22;

    /// <summary>When the thread was started, in hundredths of a second since the machine was; 0 for a text that does
    /// not say.</summary>
    public static long StartTime(ReadOnlySpan<byte> text)
    {
        int name = text.LastIndexOf((byte)')');
        if (name < 0)
        {
            return 0;
        }

        ReadOnlySpan<byte> rest = text.Slice(name + 1);
        for (int field = 3; field <= StartTimeField; field++)
        {
            int space = rest.IndexOf((byte)' ');
            if (space < 0)
            {
                return 0;
            }

            rest = rest.Slice(space + 1);
        }

        long time = 0;
        foreach (byte digit in rest)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                break;
            }

            time = (time * 10) + (digit - '0');
        }

        return time;
    }
}
