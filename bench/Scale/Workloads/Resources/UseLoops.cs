using System.Runtime.CompilerServices;

namespace Quiescent.Scale.Workloads.Resources;

/// <summary>One way of using a resource once, as a struct that holds what it takes: each loop is compiled for
/// it.</summary>
internal interface IUse
{
    /// <summary>Uses the resource, and returns what it read at the offset, if anything.</summary>
    long Once(int offset);
}

/// <summary>How uses follow each other. Each loop is written once for all that are compared.</summary>
internal interface ILoop
{
    /// <summary>One use for each offset.</summary>
    static abstract long Run<TUse>(scoped TUse use, ReadOnlySpan<ushort> offsets)
        where TUse : IUse, allows ref struct;
}

// The use is inlined in the loop; what stays the same from use to use may be kept in registers.
internal readonly struct Inlined : ILoop
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long Run<TUse>(scoped TUse use, ReadOnlySpan<ushort> offsets)
        where TUse : IUse, allows ref struct
    {
        long sum = 0;
        foreach (ushort offset in offsets)
        {
            sum += use.Once(offset);
        }

        return sum;
    }
}

// A call of a method for each use, which loads what it takes from memory as a method of an object does from its fields.
internal readonly struct Called : ILoop
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long Run<TUse>(scoped TUse use, ReadOnlySpan<ushort> offsets)
        where TUse : IUse, allows ref struct
    {
        long sum = 0;
        foreach (ushort offset in offsets)
        {
            sum += Once(ref use, offset);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Once<TUse>(scoped ref TUse use, int offset)
        where TUse : IUse, allows ref struct => use.Once(offset);
}
