using Quiescent.Torture.Actors;

namespace Quiescent.Torture.Blocks;

// The places where readers find checked blocks of one heap.
internal sealed unsafe class Shelf(BlockHeap heap)
{
    private const int Places = 8;

    private readonly RcuPointer<CheckedBlock>[] _places = new RcuPointer<CheckedBlock>[Places];

    public BlockHeap Heap => heap;

    public ref readonly RcuPointer<CheckedBlock> Place(Rng random) => ref _places[random.Next(Places)];

    /// <summary>Publishes the block and returns the one it replaces, or null. The caller retires it.</summary>
    public CheckedBlock* Replace(CheckedBlock* block, Rng random) => _places[random.Next(Places)].Exchange(block);

    /// <summary>Frees the blocks that are still published, when no reader is left.</summary>
    public void Clear()
    {
        for (int i = 0; i < Places; i++)
        {
            // SAFETY: no reader is left, and a published block has not been handed over.
            CheckedBlock.FreeAtOnce(_places[i].Exchange(null), heap);
        }
    }
}
