using System.Globalization;
using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Runs;

// The progress of the run: one line that is overwritten on a terminal, a line for each contest elsewhere.
internal sealed class Progress(TextWriter output, bool isTerminal, int width = 80)
{
    private const string ClearLine = "\r\e[K";

    private string _contest = "";
    private int _rounds;

    public void Begin(Contest contest, int rounds, TimeSpan turn, TimeSpan left)
    {
        _contest = contest.Id;
        _rounds = rounds;
        if (!isTerminal)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{contest.Id}: {rounds} rounds of {turn.TotalSeconds:0.00} s for each of "
                + $"{contest.Contestants.Count}; {Left(left)}"));
        }
    }

    /// <summary>Round 0 is the warm-up.</summary>
    public void Round(int round, TimeSpan left)
    {
        if (isTerminal)
        {
            string where = round == 0
                ? "warming up"
                : string.Create(CultureInfo.InvariantCulture, $"round {round} of {_rounds}");
            string line = $"{_contest}: {where}; {Left(left)}";
            output.Write(ClearLine + line[..Math.Min(line.Length, width - 1)]);
        }
    }

    public void Failed(string contestant, string failure)
    {
        string clear = isTerminal ? ClearLine : "";
        output.WriteLine($"{clear}{_contest}: {contestant} FAILED: {failure}");
    }

    public void End()
    {
        if (isTerminal)
        {
            output.Write(ClearLine);
        }
    }

    private static string Left(TimeSpan left) => left > TimeSpan.Zero
        ? string.Create(CultureInfo.InvariantCulture, $"{left.TotalSeconds:0} s left")
        : string.Create(CultureInfo.InvariantCulture, $"{-left.TotalSeconds:0} s over the time given");
}
