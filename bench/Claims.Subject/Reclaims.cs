using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Callbacks;

namespace Quiescent.Claims.Subject;

// Rounds of allocating blocks, filling in their heads, and reclaiming them, which alone is timed. The methods come in a random
// order, new in each round; with offsets, each block has the offset that its method would have had.
internal sealed unsafe class Reclaims : IDisposable
{
    public const int BlocksPerRound = 16_384;

    private const int OrderLength = 1 << 20;

    private readonly byte[] _order = new byte[OrderLength];
    private readonly RcuDomain _domain = new(new RcuDomainOptions { Name = "claims", BacklogPolicy = BacklogPolicy.None });
    private readonly nint[] _heads = new nint[BlocksPerRound];
    private int _position;

    public Reclaims() => new Random(1).NextBytes(_order);

    /// <summary>Returns the nanoseconds per block.</summary>
    public double Round(Way way)
    {
        Fill(way.Word, way.Methods);
        long start = Stopwatch.GetTimestamp();
        switch (way.Path, way.Word)
        {
            case (ReclaimPath.Bare, _):
                CarryOutAll(_heads);
                break;
            case (_, Word.Function):
                QueueFunctions();
                _domain.Barrier();
                break;
            default:
                QueueBlocks();
                _domain.Barrier();
                break;
        }

        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / _heads.Length;
    }

    public void Dispose() => _domain.Dispose();

    // The window of the order moves on, so that no predictor learns it by heart.
    private void Fill(Word word, int methods)
    {
        if (_position + _heads.Length > OrderLength)
        {
            _position = 0;
        }

        for (int i = 0; i < _heads.Length; i++)
        {
            int index = _order[_position + i] & (methods - 1);
            int offset = Callbacks.OffsetOf(index);

            // SAFETY: the head lies inside the block at every offset.
            RcuHead* head = (RcuHead*)((nint*)NativeMemory.Alloc(Callbacks.BlockBytes) + offset);
            head->Word = word == Word.Function ? Callbacks.Functions[index] : offset;
            _heads[i] = (nint)head;
        }

        _position += _heads.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CarryOutAll(nint[] heads)
    {
        foreach (nint head in heads)
        {
            Reclaim.CarryOut((RcuHead*)head, ledger: null);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void QueueFunctions()
    {
        foreach (nint head in _heads)
        {
            _domain.Call((RcuHead*)head, (delegate*<RcuHead*, void>)((RcuHead*)head)->Word);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void QueueBlocks()
    {
        foreach (nint head in _heads)
        {
            _domain.Free((nint*)head - ((RcuHead*)head)->Word, (RcuHead*)head);
        }
    }
}
