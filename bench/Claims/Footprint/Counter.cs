using System.Globalization;
using System.Text.RegularExpressions;
using Quiescent.Claims.Subjects;

namespace Quiescent.Claims.Footprint;

// What counts the instructions and misses of a child process.
internal abstract partial record Counter(string Name)
{
    // As the JIT compiles once and for all, so that what comes before the rounds is the same in every run; valgrind
    // does not follow code that is written through another mapping.
    private static readonly (string Name, string Value)[] s_environment =
        [("DOTNET_TieredCompilation", "0"), ("DOTNET_EnableWriteXorExecute", "0")];

    public static IReadOnlyList<Counter> All { get; } = [new PerfStat(), new Cachegrind()];

    /// <exception cref="ChildException">It does not count here.</exception>
    public Counts Count(string program, IEnumerable<string> arguments)
    {
        ChildResult result = Child.Run(Tool, [.. Options, program, .. arguments], s_environment);
        if (result.ExitCode != 0)
        {
            throw new ChildException($"{Tool} fails here");
        }

        return Parse(result.Errors) ?? throw new ChildException($"{Tool} has no counters here");
    }

    /// <summary>Reads what the tool prints to the error output; null: it could not count.</summary>
    public abstract Counts? Parse(string report);

    protected abstract string Tool { get; }

    protected abstract IEnumerable<string> Options { get; }

    /// <summary>The processor's own counters.</summary>
    internal sealed record PerfStat() : Counter("the processor's counters (perf stat)")
    {
        private const string Instructions = "instructions:u";
        private const string InstructionCacheMisses = "L1-icache-load-misses:u";
        private const string BranchMisses = "branch-misses:u";

        protected override string Tool => "perf";

        protected override IEnumerable<string> Options =>
            ["stat", "-x,", "-e", $"{Instructions},{InstructionCacheMisses},{BranchMisses}", "--"];

        public override Counts? Parse(string report) =>
            Find(report, Instructions) is double instructions
            && Find(report, InstructionCacheMisses) is double cacheMisses
            && Find(report, BranchMisses) is double branchMisses
                ? new Counts(instructions, cacheMisses, branchMisses)
                : null;

        // value,unit,event,… where the value may be <not supported>.
        private static double? Find(string report, string name)
        {
            foreach (string line in report.Split('\n'))
            {
                string[] fields = line.Split(',');
                if (fields.Length > 2
                    && fields[2] is string counted
                    && (counted == name || counted + ":u" == name)
                    && double.TryParse(fields[0], CultureInfo.InvariantCulture, out double value))
                {
                    return value;
                }
            }

            return null;
        }
    }

    /// <summary>A simulation of the machine's caches and of a simple branch predictor.</summary>
    internal sealed partial record Cachegrind() : Counter("a simulated processor (valgrind --tool=cachegrind)")
    {
        protected override string Tool => "valgrind";

        protected override IEnumerable<string> Options =>
            ["--tool=cachegrind", "--cache-sim=yes", "--branch-sim=yes", "--cachegrind-out-file=/dev/null"];

        public override Counts? Parse(string report) =>
            Find(report, "I +refs") is double instructions
            && Find(report, "I1 +misses") is double cacheMisses
            && Find(report, "Mispredicts") is double branchMisses
                ? new Counts(instructions, cacheMisses, branchMisses)
                : null;

        private static double? Find(string report, string name) =>
            Regex.Match(report, $@"^==\d+== {name}: +(?<value>[\d,]+)", RegexOptions.Multiline) is { Success: true } match
                ? double.Parse(match.Groups["value"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)
                : null;
    }
}
