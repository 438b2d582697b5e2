using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Coyote;
using Microsoft.Coyote.SystematicTesting;

namespace Quiescent.Systematic.Support;

// Runs a scenario under thousands of schedules. Half of them choose at random at each point; the other half give each
// thread a priority and change it a few times (PCT), which finds what needs one thread to be far ahead of another.
internal static class Exploration
{
    private const uint DefaultSeed = 20080918;
    private const uint DefaultSchedules = 2_500;
    private const uint MaxSteps = 20_000;

    // Coyote counts the seed up from schedule to schedule: seeds that are next to each other would explore nearly the
    // same ones.
    private const uint Spread = 2_654_435_761;

    // How many turns of other threads a thread that spins or sleeps lets pass at most.
    private const uint MaxDelay = 40;

    public static void Run(
        Action<Schedule> scenario,
        int threads,
        bool isCloseUp = false,
        [CallerMemberName] string test = "")
    {
        if (Environment.GetEnvironmentVariable("QUIESCENT_SYSTEMATIC_TRACE") is { Length: > 0 } file)
        {
            string trace = File.ReadAllText(file);
            Assert.False(string.IsNullOrWhiteSpace(trace), $"{file} holds no trace.");
            Explore(scenario, isCloseUp, Create(1).WithReproducibleTrace(trace), test);
            return;
        }

        uint schedules = Variable("QUIESCENT_SYSTEMATIC_SCHEDULES", DefaultSchedules);
        uint seed = Variable("QUIESCENT_SYSTEMATIC_SEED", DefaultSeed);
        uint half = (schedules + 1) / 2;
        HashSet<ulong> seen = [];
        long start = Stopwatch.GetTimestamp();
        foreach (bool prioritized in (ReadOnlySpan<bool>)[false, true])
        {
            Configuration configuration = Create(half).WithRandomGeneratorSeed(unchecked(seed * Spread));
            configuration = prioritized
                ? configuration.WithPrioritizationStrategy(isFair: true, priorityChangeBound: 5)
                : configuration.WithRandomStrategy();
            TestReport report = Explore(scenario, isCloseUp, configuration, test, seen);
            Assert.True(
                report.MaxConcurrencyDegree >= threads,
                $"Only {report.MaxConcurrencyDegree} of {threads} threads ever had a turn to choose from.");
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{test}: {2 * half} schedules, {seen.Count} of them different, "
            + $"{2 * half / Stopwatch.GetElapsedTime(start).TotalSeconds:0} a second"));
        Assert.True(
            seen.Count >= half / 10, $"Only {seen.Count} of {2 * half} schedules differ: too little is explored.");
    }

    private static Configuration Create(uint schedules) => Configuration.Create()
        .WithTestingIterations(schedules)
        .WithMaxSchedulingSteps(MaxSteps)
        .WithFailureOnMaxStepsBoundEnabled()
        .WithDeadlockTimeout(120_000)
        .WithTimeoutDelay(MaxDelay)
        .WithConsoleLoggingEnabled(false)
        .WithTelemetryEnabled(false);

    private static TestReport Explore(
        Action<Schedule> scenario,
        bool isCloseUp,
        Configuration configuration,
        string test,
        HashSet<ulong>? seen = null)
    {
        Schedule? schedule = null;
        OneProcessor processor = new();
        uint last = 0;
        using TestingEngine engine = TestingEngine.Create(configuration, () =>
        {
            schedule = new Schedule(isCloseUp);
            schedule.Run(scenario);
        });
        engine.RegisterStartIterationCallBack(iteration =>
        {
            last = iteration;
            processor.Stay();
        });
        engine.RegisterEndIterationCallBack(_ =>
        {
            processor.Leave();
            schedule!.End();
            seen?.Add(schedule.Fingerprint);
        });
        Assert.True(engine.IsTestRewritten(), "The assembly was not rewritten for Coyote.");
        engine.Run();
        TestReport report = engine.TestReport;
        Assert.Empty(report.InternalErrors);
        Assert.Empty(report.UncontrolledInvocations);
        if (report.NumOfFoundBugs != 0)
        {
            string bugs = string.Join(Environment.NewLine, report.BugReports);
            if (seen is null)
            {
                Assert.Fail($"Replayed: {bugs}");
            }

            string trace = Path.Combine(AppContext.BaseDirectory, $"{test}.trace");
            File.WriteAllText(trace, engine.ReproducibleTrace);
            Assert.Fail(
                $"Schedule {last + 1} of seed {Variable("QUIESCENT_SYSTEMATIC_SEED", DefaultSeed)} failed: "
                + $"{bugs}{Environment.NewLine}"
                + $"To replay: QUIESCENT_SYSTEMATIC_TRACE={trace} dotnet test -c Release "
                + $"--project tests/Quiescent.Systematic -- --filter-method \"*.{test}\"");
        }

        return report;
    }

    private static uint Variable(string name, uint otherwise) =>
        uint.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out uint value)
            ? value
            : otherwise;
}
