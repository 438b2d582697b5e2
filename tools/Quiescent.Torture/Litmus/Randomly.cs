namespace Quiescent.Torture.Litmus;

// Random lengths. The windows are some hundred nanoseconds wide, and any fixed rhythm may miss them for ever: all
// lengths are drawn over powers of two.
internal static class Randomly
{
    public static void Pause(int length)
    {
        for (int i = 0; i < length; i++)
        {
            Volatile.Read(ref length);
        }
    }

    /// <summary>From 1 to two to the given power, short ones as often as long ones.</summary>
    public static int Length(ref uint random, int maxLog2) =>
        (int)(Next(ref random) & ((1u << (int)(Next(ref random) % (uint)(maxLog2 + 1))) - 1)) + 1;

    /// <summary>The upper 20 bits of a linear congruence: the lower ones have short periods.</summary>
    public static uint Next(ref uint random) => (random = (random * 1_664_525) + 1_013_904_223) >> 12;
}
