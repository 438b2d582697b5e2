using System.Numerics;

namespace Quiescent;

/// <summary>How a pool behaves. The constructor of <see cref="RcuPool{T}"/> validates it.</summary>
public sealed record RcuPoolOptions
{
    private const int MinAlignment = 8;
    private const int MaxAlignment = 4096;
    private const int MinSlabBytes = 4096;
    private const int MaxSlabBytes = 1 << 30;

    /// <summary>The pool's name in messages. Must not be empty.</summary>
    public string Name { get; init; } = "pool";

    /// <summary>The alignment of each block in bytes, a power of two from 8 to 4,096. The default, 64, is a cache line,
    /// so that no two blocks share one; a smaller value packs small blocks.</summary>
    public int Alignment { get; init; } = 64;

    /// <summary>The size in bytes of a slab, the memory that the pool takes from the system at a time: a power of two
    /// from 4 KiB to 1 GiB. The default is 64 KiB. Slabs are larger if fewer than four blocks would fit.</summary>
    public int SlabBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Reuse without waiting (the kernel's <c>SLAB_TYPESAFE_BY_RCU</c>): a freed block may be rented anew at once,
    /// while readers still look at it. It stays a block of this pool until a grace period later. So readers may look at
    /// it, but must check that it is still the block that they looked for.
    /// </summary>
    /// <remarks><b>Safety.</b> The rule and an example stand at <see cref="RcuPool{T}"/>.</remarks>
    public bool TypesafeByRcu { get; init; }

    internal RcuPoolOptions Validated()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Name);
        RequirePowerOfTwo(Alignment, MinAlignment, MaxAlignment, nameof(Alignment));
        RequirePowerOfTwo(SlabBytes, MinSlabBytes, MaxSlabBytes, nameof(SlabBytes));
        return this;
    }

    private static void RequirePowerOfTwo(int value, int min, int max, string option)
    {
        if (value < min || value > max || !BitOperations.IsPow2(value))
        {
            throw new ArgumentOutOfRangeException(
                option, value, $"The option must be a power of two from {min} to {max}.");
        }
    }
}
