namespace Quiescent.Claims.Footprint;

// What a counter has counted: of a whole program, or per block.
internal readonly record struct Counts(double Instructions, double InstructionCacheMisses, double BranchMisses)
{
    /// <summary>Per block, less what the program counts without reclaiming any.</summary>
    public Counts PerBlock(Counts without, long blocks) => new(
        (Instructions - without.Instructions) / blocks,
        (InstructionCacheMisses - without.InstructionCacheMisses) / blocks,
        (BranchMisses - without.BranchMisses) / blocks);
}

// One way of reclaiming, counted: including the block's allocation and its head's filling, which are the same for all.
internal sealed record CountedWay(string Compiler, int Methods, Subject.Word Word, Counts PerBlock);
