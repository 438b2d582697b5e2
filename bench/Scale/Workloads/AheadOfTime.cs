using System.Globalization;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Native;
using Quiescent.Scale.Workloads.Ahead;

namespace Quiescent.Scale.Workloads;

// R1 compiled ahead of time: more contestants for R1/1.
internal static class AheadOfTime
{
    private const string ContestId = "R1/1";

    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(60);
    private static readonly Publication s_program = new("bench/Aot");

    /// <summary>The contest with them, if it is theirs.</summary>
    public static Contest Join(Contest contest) => contest.Id != ContestId ? contest : contest with
    {
        Contestants =
        [
            .. contest.Contestants,
            Of("guard", Calls.ReadLock, Side.Ours),
            Of("handle", Calls.ReaderReadLock, Side.Ours),
            Of("plain", Calls.Dereference, Side.Floor),
        ],
        Targets =
            [.. contest.Targets, new Target(Calls.AheadOfTime(Calls.ReadLock), Bound.AtMost, 1.25, Calls.MembReadLock)],
    };

    private static Contestant Of(string form, string call, Side side) =>
        new(Calls.AheadOfTime(call), side, length => Measure(form, length))
        {
            Absent = Publication.Absent,
            SetUp = s_program.SetUp,
        };

    private static Reading Measure(string form, TimeSpan length)
    {
        ChildResult result = ChildProcess.Run(
            s_program.Program, [form, length.TotalSeconds.ToString(CultureInfo.InvariantCulture)], length + s_grace);
        return result.ExitCode == 0
            ? NativeAnswer.Parse(result.Output)
            : throw new InvalidOperationException(result.LastError);
    }
}
