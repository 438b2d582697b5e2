using System.Numerics;
using Quiescent.Ordering;

namespace Quiescent.Readers;

// The slots that collectors look at: those whose queues may hold something. Two bits for each slot, in one word, so
// that one interlocked operation changes both:
//
//     63             32 31              0
//     [ leaving       ][ listed         ]      32 slots a word
//
//              Add                    BeginLeave
//     absent ───────► listed ─────────────────────► listed, leaving
//        ▲               ▲          Add                  │   │
//        │               └───────────────────────────────┘   │
//        └───────────────────────────────────────────────────┘
//                               TryRemove
//
// A slot that is leaving is still visited. Reclamation/Listing.cs says who calls what, in which order, and why nothing
// is lost. Any thread may call Add, Any and Next; one at a time BeginLeave and TryRemove.
//
// The words lie in chunks as the table's slots do, and never move.
internal sealed class ListedSlots
{
    private const int SlotsPerWord = 32;
    private const int LeavingShift = 32;

    private readonly long[]?[] _chunks = new long[]?[SlotTable.MaxChunks];

    /// <summary>Whether any slot is listed.</summary>
    public bool Any => Next(0) >= 0;

    /// <summary>The first listed slot from this index on; -1 when there is none. Any thread may ask.</summary>
    public int Next(int index)
    {
        int number = SlotTable.ChunkNumber(index, out int offset);
        for (; number < SlotTable.MaxChunks; number++, offset = 0)
        {
            if (Order.Acquire(in _chunks[number]) is not { } words)
            {
                break;
            }

            for (int i = offset / SlotsPerWord; i < words.Length; i++)
            {
                uint listed = (uint)Order.Acquire(in words[i]);
                if (i == offset / SlotsPerWord)
                {
                    listed &= uint.MaxValue << (offset % SlotsPerWord);
                }

                if (listed != 0)
                {
                    return SlotTable.FirstOf(number) + (i * SlotsPerWord) + BitOperations.TrailingZeroCount(listed);
                }
            }
        }

        return -1;
    }

    /// <summary>Makes room for the slots of a chunk; before the table has the chunk, under no lock (O8).</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public void EnsureRoom(int chunk)
    {
        if (Order.Acquire(in _chunks[chunk]) is null)
        {
            int slots = SlotTable.LengthOf(chunk);
            Once.Keep(ref _chunks[chunk], new long[(slots + SlotsPerWord - 1) / SlotsPerWord]);
        }
    }

    /// <summary>Lists the slot, which then is not leaving. A full fence. For who appends to its queues.</summary>
    public void Add(int index) => Change(index, ListedBit(index), LeavingBit(index), onlyIf: 0);

    /// <summary>Marks a listed slot as leaving. A full fence.</summary>
    public void BeginLeave(int index) => Change(index, LeavingBit(index), 0, onlyIf: 0);

    /// <summary>Removes the slot if it is still leaving: nobody has added it meanwhile.</summary>
    public void TryRemove(int index) =>
        Change(index, 0, ListedBit(index) | LeavingBit(index), onlyIf: LeavingBit(index));

    private void Change(int index, long set, long clear, long onlyIf)
    {
        int number = SlotTable.ChunkNumber(index, out int offset);
        ref long word = ref Order.Acquire(in _chunks[number])![offset / SlotsPerWord];
        long seen = Order.Acquire(in word);
        while ((seen & onlyIf) == onlyIf)
        {
            long now = Order.CompareExchange(ref word, (seen | set) & ~clear, seen);
            if (now == seen)
            {
                break;
            }

            seen = now;
        }
    }

    private static long ListedBit(int index)
    {
        SlotTable.ChunkNumber(index, out int offset);
        return 1L << (offset % SlotsPerWord);
    }

    private static long LeavingBit(int index) => ListedBit(index) << LeavingShift;
}
