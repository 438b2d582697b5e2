using System.Diagnostics;

namespace Quiescent.Tool.Mutants;

// Tries detectors on the scratch tree: first on the sources as they are, then on each mutant.
internal sealed class Trial(ScratchTree tree, TimeSpan limit)
{
    private readonly Dictionary<Detector, Control> _controls = [];

    // The projects built since the sources last changed.
    private readonly HashSet<string> _built = [];

    public IReadOnlyCollection<Control> Controls => _controls.Values;

    /// <summary>Builds what the detector needs from the unpatched tree and runs it, again if it could not tell.</summary>
    public async Task<Control> RunControl(Detector detector, int attempts, CancellationToken cancellationToken)
    {
        Finding? finding = await BuildFor(detector, cancellationToken).ConfigureAwait(false);
        for (; attempts > 0 && finding is null or { Sign: Sign.Inconclusive }; attempts--)
        {
            finding = await Run(detector, limit, mayHang: false, cancellationToken).ConfigureAwait(false);
        }

        return _controls[detector] = new Control(detector, finding!.Value);
    }

    public async Task<MutantVerdict> Judge(Mutant mutant, CancellationToken cancellationToken)
    {
        _built.Clear();
        ChildResult applied = await tree.Apply(mutant, cancellationToken).ConfigureAwait(false);
        if (applied.ExitCode != 0)
        {
            return Verdict(mutant, Fate.Error, new Finding(Sign.Unusable, $"The patch does not apply: {applied.Output.Trim()}"));
        }

        MutantVerdict verdict = await TryDetectors(mutant, cancellationToken).ConfigureAwait(false);
        ChildResult reverted = await tree.Revert(mutant, CancellationToken.None).ConfigureAwait(false);
        _built.Clear();
        return reverted.ExitCode == 0
            ? verdict
            : throw new InvalidOperationException($"The patch of {mutant.Name} cannot be taken back: {reverted.Output.Trim()}");
    }

    private async Task<MutantVerdict> TryDetectors(Mutant mutant, CancellationToken cancellationToken)
    {
        TimeSpan buildTime = TimeSpan.Zero;
        TimeSpan runTime = TimeSpan.Zero;
        Finding worst = new(Sign.Silent, "Every detector was silent.");
        foreach (Detector detector in mutant.Detectors)
        {
            if (!_controls[detector].Holds)
            {
                worst = Worse(worst, _controls[detector].Finding);
                continue;
            }

            long buildBegan = Stopwatch.GetTimestamp();
            Finding? failure = await BuildFor(detector, cancellationToken).ConfigureAwait(false);
            buildTime += Stopwatch.GetElapsedTime(buildBegan);
            if (failure is not null)
            {
                return Verdict(mutant, Fate.Error, failure.Value, null, buildTime, runTime);
            }

            for (int attempt = 0; attempt < mutant.Attempts; attempt++)
            {
                long began = Stopwatch.GetTimestamp();
                Finding finding = await Run(detector, mutant.HangsAfter ?? limit, mutant.HangsAfter is not null, cancellationToken)
                    .ConfigureAwait(false);
                runTime += Stopwatch.GetElapsedTime(began);
                if (finding.IsKill)
                {
                    return Verdict(mutant, Fate.Killed, finding, detector, buildTime, runTime);
                }

                worst = Worse(worst, finding);
            }
        }

        Fate fate = worst.Sign switch
        {
            Sign.Silent => Fate.Survived,
            Sign.Inconclusive => Fate.Inconclusive,
            _ => Fate.Error,
        };
        return Verdict(mutant, fate, worst, null, buildTime, runTime);
    }

    // Null: there is nothing to build, or it is built.
    private async Task<Finding?> BuildFor(Detector detector, CancellationToken cancellationToken)
    {
        if (detector.Project is null || !_built.Add(detector.Project))
        {
            return null;
        }

        ChildResult build = await tree.Build(detector.Project, cancellationToken).ConfigureAwait(false);
        if (build.ExitCode == 0)
        {
            return null;
        }

        _built.Remove(detector.Project);
        return new Finding(Sign.Unusable, $"{detector.Project} does not build: {build.Output.Trim()}");
    }

    private async Task<Finding> Run(Detector detector, TimeSpan time, bool mayHang, CancellationToken cancellationToken)
    {
        ChildResult result = await tree.Run(detector, time, cancellationToken).ConfigureAwait(false);
        return Finding.Of(result, detector.IsTest, mayHang);
    }

    private static Finding Worse(Finding left, Finding right) => Rank(right) > Rank(left) ? right : left;

    private static int Rank(Finding finding) => finding.Sign switch
    {
        Sign.Silent => 0,
        Sign.Inconclusive => 1,
        _ => 2,
    };

    private static MutantVerdict Verdict(
        Mutant mutant, Fate fate, Finding finding, Detector? detector = null, TimeSpan buildTime = default, TimeSpan runTime = default) =>
        new() { Mutant = mutant, Fate = fate, Finding = finding, Detector = detector, BuildTime = buildTime, RunTime = runTime };
}
