namespace Quiescent.Tool.Mutants;

// One small change of the shipping sources, and what should detect it.
internal sealed record Mutant
{
    public required string Name { get; init; }

    /// <summary>The obligation, and the fence's letter, that the change breaks.</summary>
    public required string Obligation { get; init; }

    /// <summary>What is wrong with the changed sources, in one line.</summary>
    public required string Breaks { get; init; }

    public required Change Change { get; init; }

    /// <summary>Detectors, in the order in which they are tried.</summary>
    public required IReadOnlyList<Detector> Detectors { get; init; }

    /// <summary>How often a detector may run before it counts as silent: more than once if chance decides.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>If hanging is the symptom: when a detector counts as hung. Null: hanging is no kill.</summary>
    public TimeSpan? HangsAfter { get; init; }
}
