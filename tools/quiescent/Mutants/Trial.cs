using System.Diagnostics;

namespace Quiescent.Tool.Mutants;

// Tries detectors on the scratch tree: first on the sources as they are, then on each mutant.
internal sealed class Trial(ScratchTree tree, TimeSpan limit) : IAsyncDisposable
{
    private readonly Dictionary<Detector, Control> _controls = [];

    private readonly Builds _builds = new(tree.Root);

    public IReadOnlyCollection<Control> Controls => _controls.Values;

    /// <summary>Runs a detector on the unchanged tree, and again if it was inconclusive.</summary>
    public async Task<Control> RunControl(Detector detector, int attempts, CancellationToken cancellationToken)
    {
        Finding? finding = await BuildFor(detector, cancellationToken).ConfigureAwait(false);
        for (; attempts > 0 && finding is null or { Sign: Sign.Inconclusive }; attempts--)
        {
            finding = await Run(detector, limit, mayHang: false, cancellationToken).ConfigureAwait(false);
        }

        return _controls[detector] = new Control(detector, finding!.Value);
    }

    public ValueTask DisposeAsync() => _builds.DisposeAsync();

    public async Task<MutantVerdict> Judge(Mutant mutant, CancellationToken cancellationToken)
    {
        _builds.SourcesChanged();
        try
        {
            await tree.Apply(mutant, cancellationToken).ConfigureAwait(false);
            return await TryDetectors(mutant, cancellationToken).ConfigureAwait(false);
        }
        catch (ManifestException unusable)
        {
            return Verdict(mutant, Fate.Error, new Finding(Sign.Unusable, unusable.Message));
        }
        finally
        {
            tree.Restore();
            _builds.SourcesChanged();
        }
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
                TimeSpan time = mutant.HangsAfter ?? limit;
                bool mayHang = mutant.HangsAfter is not null;
                Finding finding = await Run(detector, time, mayHang, cancellationToken).ConfigureAwait(false);
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
        string? errors = detector.Project is { } project
            ? await _builds.Build(project, cancellationToken).ConfigureAwait(false)
            : null;
        return errors is null ? null : new Finding(Sign.Unusable, errors);
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
        Mutant mutant,
        Fate fate,
        Finding finding,
        Detector? detector = null,
        TimeSpan buildTime = default,
        TimeSpan runTime = default) => new()
        {
            Mutant = mutant,
            Fate = fate,
            Finding = finding,
            Detector = detector,
            BuildTime = buildTime,
            RunTime = runTime,
        };
}
