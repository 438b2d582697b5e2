using System.Runtime.InteropServices;

namespace Quiescent.Systematic.Support;

// A block such as a program would publish and free. Its memory outlives its freeing until the schedule has ended, so
// that a late access is found instead of crashing.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Block
{
    /// <summary>For the forms that embed a head.</summary>
    public RcuHead Head;

    /// <summary>What the block was made with.</summary>
    public int Number;

    private int _frees;

    public readonly bool IsFreed => _frees != 0;

    public static Block* Create(int number = 0)
    {
        Block* block = (Block*)NativeMemory.AllocZeroed((nuint)sizeof(Block));
        block->Number = number;
        Schedule.Current!.Keep(block);
        return block;
    }

    /// <summary>The library's deallocators call this in place of the platform's.</summary>
    public static void Free(Block* block)
    {
        block->_frees++;
        Schedule.Require(block->_frees == 1, $"Block {block->Number} was freed twice.");
        Schedule.Current!.Freed.Add(block->Number);
    }

    /// <summary>What a reader does with a block inside its section.</summary>
    public static void Read(Block* block)
    {
        Schedule.Require(!block->IsFreed, $"A reader saw block {block->Number} freed inside its section.");
        Schedule.Point();
        Schedule.Require(!block->IsFreed, $"Block {block->Number} was freed under a reader.");
    }
}
