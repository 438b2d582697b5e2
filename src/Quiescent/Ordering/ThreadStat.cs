namespace Quiescent.Ordering;

// What /proc/.../stat says of a thread: numbers between spaces, except the second field, a name in parentheses that may
// hold both. The default stands for a text that does not say.
internal readonly record struct ThreadStat(char State, long ProcessorTicks, long StartTime)
{
    private const int StateField = 3;
    private const int UserTimeField = 14;
    private const int SystemTimeField = 15;
    private const int StartTimeField = 22;

    /// <summary>The letter of the thread's state, as <c>ps</c> shows it: R, S, D, and some more.</summary>
    public char State { get; } = State;

    /// <summary>For how long the thread has run, in hundredths of a second.</summary>
    public long ProcessorTicks { get; } = ProcessorTicks;

    /// <summary>When the thread was started, in hundredths of a second since the machine was; 0 for a text that does
    /// not say.</summary>
    public long StartTime { get; } = StartTime;

    public static ThreadStat Parse(ReadOnlySpan<byte> text)
    {
        int name = text.LastIndexOf((byte)')');
        if (name < 0)
        {
            return default;
        }

        char state = default;
        long ticks = 0;
        ReadOnlySpan<byte> rest = text.Slice(name + 1);
        for (int field = StateField; field <= StartTimeField; field++)
        {
            int space = rest.IndexOf((byte)' ');
            if (space < 0)
            {
                return default;
            }

            rest = rest.Slice(space + 1);
            if (field == StateField && !rest.IsEmpty)
            {
                state = (char)rest[0];
            }
            else if (field is UserTimeField or SystemTimeField)
            {
                ticks += Number(rest);
            }
        }

        long startTime = Number(rest);
        return startTime == 0 ? default : new ThreadStat(state, ticks, startTime);
    }

    private static long Number(ReadOnlySpan<byte> text)
    {
        long number = 0;
        foreach (byte digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                break;
            }

            number = (number * 10) + (digit - '0');
        }

        return number;
    }
}
