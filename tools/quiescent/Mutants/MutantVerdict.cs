namespace Quiescent.Tool.Mutants;

internal enum Fate
{
    Killed,
    Survived,

    /// <summary>No detector killed it, and at least one could not tell.</summary>
    Inconclusive,

    /// <summary>It could not be tried: it does not apply or compile, or no detector is usable.</summary>
    Error,
}

// The fate of a mutant.
internal sealed record MutantVerdict
{
    public required Mutant Mutant { get; init; }

    public required Fate Fate { get; init; }

    /// <summary>The detector that killed it.</summary>
    public Detector? Detector { get; init; }

    public required Finding Finding { get; init; }

    public required TimeSpan BuildTime { get; init; }

    public required TimeSpan RunTime { get; init; }

    /// <summary>In one word.</summary>
    public string Word => (Fate, Finding.Sign) switch
    {
        (Fate.Killed, Sign.Crashed) => "crashed",
        (Fate.Killed, Sign.Hung) => "hung",
        (Fate.Killed, _) => "killed",
        (Fate.Survived, _) => "SURVIVED",
        (Fate.Inconclusive, _) => "inconclusive",
        _ => "ERROR",
    };
}

// The result of a detector on the sources as they are. It proves something only if the detector was silent.
internal readonly record struct Control(Detector Detector, Finding Finding)
{
    public bool Holds => Finding.Sign == Sign.Silent;
}
