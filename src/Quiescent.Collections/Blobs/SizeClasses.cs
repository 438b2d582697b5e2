using System.Numerics;

namespace Quiescent.Collections.Blobs;

// The sizes that blocks come in: steps of 16 bytes up to 256, then four to each doubling, which wastes a tenth on
// average; above the largest a block is as large as it has to be.
internal static class SizeClasses
{
    public const int Count = SmallClasses + (StepsPerDoubling * Doublings);
    public const int LargestBytes = SmallBytes << Doublings;

    private const int Step = 16;
    private const int SmallBytes = 256;
    private const int SmallClasses = SmallBytes / Step;
    private const int StepsPerDoubling = 4;
    private const int Doublings = 7; // Up to 32 KiB.

    /// <summary>The class for blocks of so many bytes, at most <see cref="LargestBytes"/>.</summary>
    public static int ClassOf(nuint bytes)
    {
        int last = (int)bytes - 1;
        if (last < SmallBytes)
        {
            return last / Step;
        }

        int doubling = BitOperations.Log2((uint)last / SmallBytes);
        int step = (last - (SmallBytes << doubling)) / ((SmallBytes / StepsPerDoubling) << doubling);
        return SmallClasses + (StepsPerDoubling * doubling) + step;
    }

    /// <summary>The size of a class's blocks.</summary>
    public static nuint BytesOf(int sizeClass)
    {
        if (sizeClass < SmallClasses)
        {
            return (nuint)((sizeClass + 1) * Step);
        }

        (int doubling, int step) = Math.DivRem(sizeClass - SmallClasses, StepsPerDoubling);
        return (nuint)((SmallBytes / StepsPerDoubling * (StepsPerDoubling + step + 1)) << doubling);
    }
}
