using System.Globalization;
using System.Runtime.InteropServices;
using Quiescent.Claims.Barriers;
using Quiescent.Claims.CodeSize;
using Quiescent.Claims.Figures;
using Quiescent.Claims.Footprint;
using Quiescent.Claims.Reports;
using Quiescent.Claims.Subject;
using Quiescent.Claims.Subjects;
using Quiescent.Claims.Unloading;

namespace Quiescent.Claims;

// Measures the claims, one after the other.
internal sealed class ClaimsRun(ClaimsOptions options, Action<string> say) : IDisposable
{
    private readonly AheadOfTimeBuild _build = new();
    private readonly List<string> _remarks = [];
    private CompiledSubject[]? _subjects;

    public void Dispose() => _build.Dispose();

    /// <exception cref="ChildException">The program that is measured does not run.</exception>
    public ClaimsResult Run()
    {
        BarrierCell[] barriers = [];
        UnloadCell[] unloads = [];
        CodeSizes[] sizes = [];
        TimedPair[] times = [];
        CountedWay[] counts = [];
        Dictionary<Claim, Finding> findings = [];
        if (Wanted(Claim.Barrier))
        {
            barriers = [.. BarrierCost.Measure(options.Threads, options.Backlogs, Share, say)];
            findings[Claim.Barrier] = BarrierCost.Judge(barriers);
        }

        if (Wanted(Claim.Unload))
        {
            unloads = [.. UnloadCost.Measure(options.ModuleBacklogs, Share, say)];
            findings[Claim.Unload] = UnloadCost.Judge(unloads);
        }

        if (Wanted(Claim.Size))
        {
            sizes = [CodeSizes.OfIntermediateLanguage(), .. Subjects.Select(SizesOf)];
            findings[Claim.Size] = CodeSizes.Judge(sizes);
        }

        if (Wanted(Claim.Footprint))
        {
            times = [.. Times()];
            counts = options.Counters ? Counts() : [];
            findings[Claim.Footprint] = BlockFootprint.Judge(times, counts);
        }

        return new ClaimsResult
        {
            Machine = Machine(),
            Findings = findings,
            Remarks = [.. _remarks],
            Barriers = barriers,
            Unloads = unloads,
            Sizes = sizes,
            Times = times,
            Counts = counts,
        };
    }

    private CompiledSubject[] Subjects => _subjects ??= options.AheadOfTime ? [CompiledSubject.JustInTime, .. AheadOfTime()] : [CompiledSubject.JustInTime];

    private bool Wanted(Claim claim) => options.Claims.Contains(claim);

    /// <summary>What of the time each claim has that is timed.</summary>
    private TimeSpan Share => options.Time / Math.Max(1, options.Claims.Distinct().Count(claim => claim != Claim.Size));

    private CompiledSubject[] AheadOfTime()
    {
        say("compiling ahead of time");
        try
        {
            return [_build.Build()];
        }
        catch (ChildException reason)
        {
            _remarks.Add($"NativeAOT was not measured: {reason.Message}.");
            return [];
        }
    }

    private CodeSizes SizesOf(CompiledSubject subject)
    {
        say($"code sizes, {subject.Compiler}");
        MethodBytes[] methods = subject == CompiledSubject.JustInTime ? subject.Sizes() : SymbolListing.Of(subject);
        return CodeSizes.OfMachineCode(subject.Compiler, methods);
    }

    private IEnumerable<TimedPair> Times()
    {
        TimeSpan share = Share / Subjects.Length;
        foreach (CompiledSubject subject in Subjects)
        {
            say($"nanoseconds per block, {subject.Compiler}");
            foreach (TimedPair pair in BlockFootprint.Pair(subject.Compiler, subject.Time(share)))
            {
                yield return pair;
            }
        }
    }

    private CountedWay[] Counts()
    {
        foreach (Counter counter in Counter.All)
        {
            try
            {
                CountedWay[] counts = [.. Subjects.SelectMany(subject => BlockFootprint.Count(counter, subject, say))];
                _remarks.Add($"Instructions and misses were counted by {counter.Name}.");
                return counts;
            }
            catch (ChildException reason)
            {
                _remarks.Add($"Not counted by {counter.Name}: {reason.Message}.");
            }
        }

        _remarks.Add("Nothing counts here: there are times only.");
        return [];
    }

    private static string Machine() => string.Create(
        CultureInfo.InvariantCulture,
        $".NET {Environment.Version}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, "
        + $"{RuntimeInformation.ProcessArchitecture}");
}
