using System.Globalization;
using System.Text.Json;
using Quiescent.Tool.Terminal;

namespace Quiescent.Tool.Mutants;

// Progress, the closing table and the exit code.
internal sealed class Report(int mutantCount, TextWriter output, TextWriter progress, int width)
{
    private const string Indent = "    ";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly List<Control> _controls = [];
    private readonly List<MutantVerdict> _verdicts = [];

    public void Say(string line) => progress.WriteWrapped(line, width, rest: Indent);

    public void Add(Control control)
    {
        _controls.Add(control);
        if (!control.Holds)
        {
            string sign = control.Finding.Sign == Sign.Inconclusive ? "inconclusive" : "FAILED";
            Say($"control {sign}: {control.Detector}: {control.Finding.Evidence}");
        }
    }

    public void Add(MutantVerdict verdict)
    {
        _verdicts.Add(verdict);
        Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{verdict.Word}: {verdict.Mutant.Name}, {SecondsOf(verdict):0.0} "
            + $"s{(verdict.Detector is null ? "" : $", by {verdict.Detector}")}"));
        if (verdict.Fate != Fate.Killed)
        {
            progress.WriteWrapped(verdict.Finding.Evidence, width, Indent);
        }
    }

    /// <summary>Writes the closing table and returns the exit code.</summary>
    public int Close(bool json, bool isInterrupted)
    {
        int exitCode = isInterrupted ? ExitCode.Interrupted : ExitCodeOfVerdicts();
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(Document(isInterrupted), s_json));
            return exitCode;
        }

        output.WriteLine();
        WriteTable();
        if (isInterrupted)
        {
            output.WriteLine($"interrupted after {_verdicts.Count} of {mutantCount} mutants");
        }

        output.WriteLine(
            $"{Count(Fate.Killed)} killed, {Count(Fate.Survived)} survived, "
            + $"{Count(Fate.Error) + Count(Fate.Inconclusive)} errors");
        return exitCode;
    }

    public static void List(IEnumerable<Mutant> mutants, TextWriter output, int width)
    {
        foreach (Mutant mutant in mutants)
        {
            output.WriteWrapped($"{mutant.Name} ({mutant.Obligation}): {mutant.Breaks}", width, rest: Indent);
            foreach (Detector detector in mutant.Detectors)
            {
                output.WriteWrapped(detector.ToString(), width, Indent);
            }
        }
    }

    private int ExitCodeOfVerdicts()
    {
        bool failed = _verdicts.Any(verdict => verdict.Fate is Fate.Survived or Fate.Error)
            || _controls.Any(control => !control.Holds && control.Finding.Sign != Sign.Inconclusive);
        bool inconclusive = _verdicts.Any(verdict => verdict.Fate == Fate.Inconclusive)
            || _controls.Any(control => !control.Holds);
        return failed ? ExitCode.Failed : inconclusive ? ExitCode.Inconclusive : ExitCode.Passed;
    }

    private int Count(Fate fate) => _verdicts.Count(verdict => verdict.Fate == fate);

    private void WriteTable()
    {
        TextTable table = new(
            new TextColumn("mutant"),
            new TextColumn("breaks", 1) { IsRight = false },
            new TextColumn("verdict", 3) { IsRight = false },
            new TextColumn("s", 2));
        foreach (MutantVerdict verdict in _verdicts)
        {
            string seconds = SecondsOf(verdict).ToString("0.0", CultureInfo.InvariantCulture);
            table.Add(verdict.Mutant.Name, verdict.Mutant.Obligation, verdict.Word, seconds);
        }

        table.Write(output, width);
    }

    private static double SecondsOf(MutantVerdict verdict) => (verdict.BuildTime + verdict.RunTime).TotalSeconds;

    private object Document(bool isInterrupted) => new
    {
        IsInterrupted = isInterrupted,
        Controls = _controls.Select(control => new
        {
            Detector = control.Detector.Text,
            Sign = control.Finding.Sign.ToString(),
            control.Finding.Evidence,
        }),
        Mutants = _verdicts.Select(verdict => new
        {
            verdict.Mutant.Name,
            verdict.Mutant.Obligation,
            verdict.Mutant.Breaks,
            Fate = verdict.Fate.ToString(),
            Sign = verdict.Finding.Sign.ToString(),
            verdict.Finding.Evidence,
            Detector = verdict.Detector?.Text,
            BuildSeconds = verdict.BuildTime.TotalSeconds,
            RunSeconds = verdict.RunTime.TotalSeconds,
        }),
        Killed = Count(Fate.Killed),
        Survived = Count(Fate.Survived),
        Inconclusive = Count(Fate.Inconclusive),
        Errors = Count(Fate.Error),
    };
}
