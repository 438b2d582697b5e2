using Quiescent.Claims.Subject;
using Quiescent.Scale.Runs;
using Quiescent.Scale.Workloads.Ahead;

namespace Quiescent.Claims;

internal sealed record ClaimsOptions
{
    /// <summary>How long all timed parts take together; compiling and counting take additional time.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Leaves out what takes minutes: NativeAOT, and counts from a simulated processor.</summary>
    public bool Quick { get; init; }

    public IReadOnlyList<int> Threads { get; init; } = [1, 16, 128, 512];

    public IReadOnlyList<int> Backlogs { get; init; } = [0, 1_000, 100_000, 1_000_000];

    public IReadOnlyList<int> ModuleBacklogs { get; init; } = [0, 1_000, 1_000_000];
}

// Measures one claim after the other, and prints its tables.
internal sealed class ClaimsRun(ClaimsOptions options, TextWriter output, Action<string> say)
{
    private static readonly Publication s_aheadOfTime = new("bench/Claims.Subject", program: CompiledSubject.Name);

    /// <exception cref="InvalidOperationException">Something could not be measured.</exception>
    public void Run()
    {
        // Barriers, unloading and times per block.
        TimeSpan share = options.Time / 3;
        Machine machine = Machine.Describe([]);
        output.WriteLine($"{machine.Processor}, {machine.Cores} cores; {machine.OperatingSystem}; {machine.Runtime}");
        output.WriteLine("Times: median (lowest – highest). A ratio is the median of the rounds' ratios.");
        BarrierCost.Measure(options.Threads, options.Backlogs, share, say).Write(output);
        UnloadCost.Measure(options.ModuleBacklogs, share, say).Write(output);

        IReadOnlyList<CompiledSubject> subjects = [.. Subjects()];
        CodeSizes.Compare([CodeSizes.OfIntermediateLanguage(), .. subjects.Select(SizesOf)]).Write(output);
        BlockFootprint.Times(subjects, share, say).Write(output);
        if (!options.Quick)
        {
            BlockFootprint.Counts(subjects, say).Write(output);
        }
    }

    private IEnumerable<CompiledSubject> Subjects()
    {
        yield return CompiledSubject.JustInTime;
        if (options.Quick)
        {
            yield break;
        }

        if (Publication.Absent is { } reason)
        {
            output.WriteLine($"NativeAOT is left out: {reason}.");
        }
        else
        {
            yield return CompiledSubject.AheadOfTime(s_aheadOfTime.Program);
        }
    }

    private CodeSizes SizesOf(CompiledSubject subject)
    {
        say($"code sizes, {subject.Compiler}");
        return CodeSizes.OfMachineCode(
            subject.Compiler,
            subject == CompiledSubject.JustInTime ? subject.Sizes() : CodeSizes.Parse(subject.Symbols()));
    }
}
