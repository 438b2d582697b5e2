using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Testing;

// The time of a history is the number of operations that have returned. An operation's return adds one; a call only
// reads. Operation A precedes operation B if A's return has the smaller stamp than B's call; otherwise the two overlap.
//
// No false alarm: if A's return is stamped below B's call, B has read the count that A's return made, or a later one.
// So everything that A did happens before everything that B does, by the memory model alone: the increment is a full
// fence, and the read acquires.
// No blindness: if B is called after A's return has counted, B reads at least that count, and A's stamp is smaller.
// Ties: returns have even stamps and calls odd ones, so that a return and a call never tie. The order of two calls does
// not matter.
//
// The system's clock (Stopwatch) would be cheaper to share, but is not sound alone. The processor may still hold A's
// stores back when it reads the clock for A's return, or may run B's loads before it reads the clock for B's call. Both
// make a correct structure look wrong. Fences on both sides of each reading would mend that, at the price of this
// counter, and two processors' clocks would still have to agree.
internal sealed class HistoryClock
{
    private Counter _returns;

    /// <summary>The current time. The caller's later accesses come after it.</summary>
    public long StampCall() => (2 * Order.Acquire(in _returns.Value)) + 1;

    /// <summary>The time of a return. The caller's earlier accesses are visible to all calls with later
    /// stamps.</summary>
    public long StampReturn() => 2 * Order.Increment(ref _returns.Value);

    // Two cache lines on each side: the counter is the one thing that all recording threads write.
    [StructLayout(LayoutKind.Explicit, Size = 256 + sizeof(long))]
    private struct Counter
    {
        [FieldOffset(128)]
        public long Value;
    }
}
