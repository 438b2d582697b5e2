namespace Quiescent.Scale.Workloads.Flooding;

// The slot that an updater replaces next.
internal interface IPick<TSelf>
    where TSelf : struct, IPick<TSelf>
{
    /// <summary>The number of slots for the given number of updaters.</summary>
    static abstract int SlotsFor(int updaters);

    static abstract TSelf For(int updater);

    int Next();
}

// Each updater its own slot.
internal readonly struct OwnSlot(int slot) : IPick<OwnSlot>
{
    public static int SlotsFor(int updaters) => updaters * Slots.Apart;

    public static OwnSlot For(int updater) => new(updater * Slots.Apart);

    public int Next() => slot;
}

// Any of 1,048,576 slots, by xorshift.
internal struct AnySlot(uint seed) : IPick<AnySlot>
{
    private const int Count = 1 << 20;

    private uint _state = seed;

    public static int SlotsFor(int updaters) => Count;

    public static AnySlot For(int updater) => new((uint)(updater + 1) * 2_463_534_242);

    public int Next()
    {
        _state ^= _state << 13;
        _state ^= _state >> 17;
        _state ^= _state << 5;
        return (int)(_state & (Count - 1));
    }
}
