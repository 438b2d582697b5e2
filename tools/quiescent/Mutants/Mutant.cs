namespace Quiescent.Tool.Mutants;

// One small patch to the shipping sources, and what should notice it.
internal sealed record Mutant
{
    public required string Name { get; init; }

    /// <summary>The obligation, and the fence's letter, that the patch takes away.</summary>
    public required string Obligation { get; init; }

    /// <summary>What is wrong with the patched sources, in one line.</summary>
    public required string Breaks { get; init; }

    /// <summary>The patch's file, beside the manifest.</summary>
    public required string Patch { get; init; }

    /// <summary>To be tried in order.</summary>
    public required IReadOnlyList<Detector> Detectors { get; init; }

    /// <summary>How often a detector may run before it counts as silent: more than once where a kill is a matter of chance.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>Where hanging is the symptom: after how long a detector counts as hung. Null: hanging is no kill.</summary>
    public TimeSpan? HangsAfter { get; init; }
}
