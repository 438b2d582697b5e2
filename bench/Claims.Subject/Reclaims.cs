using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Queues;

namespace Quiescent.Claims.Subject;

// Rounds that allocate blocks, fill in their heads, and reclaim them; only the reclaiming is timed. The methods come in
// a random order, new in each round; with offsets, each block has the offset that its method would have had.
internal sealed unsafe class Reclaims : IDisposable
{
    /// <summary>On the bare path.</summary>
    public const int BlocksPerRound = 16_384;

    // On the library's path: enough that the wait of a barrier, up to a millisecond, counts for little.
    private const int BlocksPerBarrier = 131_072;

    private const int OrderLength = 1 << 20;

    private readonly byte[] _order = new byte[OrderLength];
    private readonly RcuDomain _domain = new(new() { Name = "claims", BacklogPolicy = BacklogPolicy.None });
    private readonly nint[] _heads = new nint[BlocksPerBarrier];
    private int _position;

    public Reclaims() => new Random(1).NextBytes(_order);

    /// <summary>Returns the nanoseconds per block.</summary>
    public double Round(Way way)
    {
        ReadOnlySpan<nint> heads = Fill(way);
        long start = Stopwatch.GetTimestamp();
        switch (way.Path, way.Word)
        {
            case (ReclaimPath.Bare, _):
                ReclaimAll(heads);
                break;
            case (_, Word.Function):
                QueueFunctions(heads);
                _domain.Barrier();
                break;
            default:
                QueueBlocks(heads);
                _domain.Barrier();
                break;
        }

        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / heads.Length;
    }

    public void Dispose() => _domain.Dispose();

    // The window of the order moves on, so that no predictor learns it by heart.
    private ReadOnlySpan<nint> Fill(Way way)
    {
        int count = way.Path == ReclaimPath.Bare ? BlocksPerRound : BlocksPerBarrier;
        if (_position + count > OrderLength)
        {
            _position = 0;
        }

        for (int i = 0; i < count; i++)
        {
            int index = _order[_position + i] & (way.Methods - 1);
            int offset = HandWritten.OffsetOf(index);

            // SAFETY: the head lies inside the block at every offset.
            RcuHead* head = (RcuHead*)((nint*)NativeMemory.Alloc(HandWritten.BlockBytes) + offset);
            head->Word = way.Word == Word.Function ? HandWritten.Functions[index] : offset;
            _heads[i] = (nint)head;
        }

        _position += count;
        return _heads.AsSpan(0, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReclaimAll(ReadOnlySpan<nint> heads)
    {
        // SAFETY: here and below, each head was filled in and is given up.
        foreach (nint head in heads)
        {
            HeadWord.Reclaim((RcuHead*)head, ledger: null);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void QueueFunctions(ReadOnlySpan<nint> heads)
    {
        foreach (nint head in heads)
        {
            _domain.Call((RcuHead*)head, (delegate*<RcuHead*, void>)((RcuHead*)head)->Word);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void QueueBlocks(ReadOnlySpan<nint> heads)
    {
        foreach (nint head in heads)
        {
            _domain.Free((nint*)head - ((RcuHead*)head)->Word, (RcuHead*)head);
        }
    }
}
