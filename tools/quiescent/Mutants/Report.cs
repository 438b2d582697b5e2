using System.Globalization;
using System.Text.Json;

namespace Quiescent.Tool.Mutants;

// Progress, the closing table and the exit code.
internal sealed class Report(TextWriter output, TextWriter progress)
{
    public const int Passed = 0;
    public const int Failed = 1;
    public const int BadArguments = 2;
    public const int Inconclusive = 3;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly List<Control> _controls = [];
    private readonly List<MutantVerdict> _verdicts = [];

    public void Say(string line) => progress.WriteLine(line);

    public void Add(Control control)
    {
        _controls.Add(control);
        if (!control.Holds)
        {
            string sign = control.Finding.Sign == Sign.Inconclusive ? "inconclusive" : "FAILED";
            progress.WriteLine($"control {sign}: {control.Detector}: {control.Finding.Evidence}");
        }
    }

    public void Add(MutantVerdict verdict)
    {
        _verdicts.Add(verdict);
        progress.WriteLine(Row(verdict));
        if (verdict.Fate != Fate.Killed)
        {
            progress.WriteLine($"    {verdict.Finding.Evidence}");
        }
    }

    /// <summary>Writes the closing table and returns the exit code.</summary>
    public int Close(bool json)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(Document(), s_json));
            return ExitCode();
        }

        output.WriteLine();
        foreach (MutantVerdict verdict in _verdicts)
        {
            output.WriteLine(Row(verdict));
        }

        output.WriteLine(
            $"{Count(Fate.Killed)} killed, {Count(Fate.Survived)} survived, {Count(Fate.Error) + Count(Fate.Inconclusive)} errors");
        return ExitCode();
    }

    public static void List(IEnumerable<Mutant> mutants, TextWriter output)
    {
        foreach (Mutant mutant in mutants)
        {
            output.WriteLine($"{mutant.Name} ({mutant.Obligation}): {mutant.Breaks}");
            foreach (Detector detector in mutant.Detectors)
            {
                output.WriteLine($"    {detector}");
            }
        }
    }

    private int ExitCode()
    {
        bool failed = _verdicts.Any(verdict => verdict.Fate is Fate.Survived or Fate.Error)
            || _controls.Any(control => !control.Holds && control.Finding.Sign != Sign.Inconclusive);
        bool inconclusive = _verdicts.Any(verdict => verdict.Fate == Fate.Inconclusive) || _controls.Any(control => !control.Holds);
        return failed ? Failed : inconclusive ? Inconclusive : Passed;
    }

    private int Count(Fate fate) => _verdicts.Count(verdict => verdict.Fate == fate);

    private static string Row(MutantVerdict verdict) => string.Create(
        CultureInfo.InvariantCulture,
        $"{verdict.Mutant.Name,-44} {verdict.Mutant.Obligation,-9} {verdict.Word,-12} {verdict.BuildTime.TotalSeconds,5:0.0} s build {verdict.RunTime.TotalSeconds,5:0.0} s run  {verdict.Detector}");

    private object Document() => new
    {
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
