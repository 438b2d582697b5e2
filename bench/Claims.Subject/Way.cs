namespace Quiescent.Claims.Subject;

// The word of a head: a function that frees the block, or the head's offset.
internal enum Word
{
    Function,
    Offset,
}

// How blocks are reclaimed.
internal enum ReclaimPath
{
    /// <summary>The library's routine for one head, called for each in turn: only the words differ.</summary>
    Bare,

    /// <summary>From queueing to the end of a barrier: a call per block on the reclaimer, or bulk frees.</summary>
    Library,
}

// One of the ways that are compared. The number of different methods is a power of two.
internal readonly record struct Way(ReclaimPath Path, int Methods, Word Word)
{
    public static readonly int[] MethodCounts = [1, 16, HandWritten.Count];

    public static IEnumerable<Way> All =>
        from path in Enum.GetValues<ReclaimPath>()
        from methods in MethodCounts
        from word in Enum.GetValues<Word>()
        select new Way(path, methods, word);
}
