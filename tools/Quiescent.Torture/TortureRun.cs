using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Reports;
using Quiescent.Torture.Scenarios;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture;

/// <summary>
/// One torture, after the kernel's rcutorture: the scenario's actors run until the time is over or something has
/// failed; then all come to rest, and the run checks the figures and the memory.
/// </summary>
internal static class TortureRun
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs the scenario to its end, and reports a line each second.</summary>
    /// <param name="options">What to run, and for how long.</param>
    /// <param name="progress">Where the lines go.</param>
    /// <param name="interruption">Ends the run early. The result then covers the time until then.</param>
    public static TortureResult Run(
        TortureOptions options, TextWriter progress, CancellationToken interruption = default)
    {
        MemoryCheck memory = new();
        Session session = new(options);
        ExpectedFaults.Install();
        try
        {
            options.Scenario.Populate(session);
            ProgressReport report = new(progress);
            report.Begin(options, session.Affinity.IsSupported);

            Stopwatch clock = Stopwatch.StartNew();
            StartAll(session.Actors);
            using (interruption.Register(session.Gate.Stop))
            {
                Watch(session, clock, report);
            }

            session.Gate.Stop();
            TimeSpan ran = clock.Elapsed;
            bool isAtRest = JoinAll(session, session.Actors) && FinishAll(session, "settling", BooksCheck.Settle);
            TortureResult result = Summarize(session, ran);

            // A hanging actor still uses its domains: they are left to the end of the process.
            MemoryUse? use = null;
            if (isAtRest && FinishAll(session, "disposing of", subject => subject.Dispose()))
            {
                session.Dispose();
                use = memory.End();
            }

            string[] leaks = use is not null && MemoryCheck.Fault(use) is { } leak ? [leak] : [];
            string[] failures = [.. session.Failures.Kept, .. leaks];
            return result with
            {
                Verdict = failures.Length != 0 ? Verdict.Failed : result.Verdict,
                IsInterrupted = interruption.IsCancellationRequested,
                Failures = failures,
                FailureCount = session.Failures.Count + leaks.Length,
                Memory = use,
            };
        }
        finally
        {
            ExpectedFaults.Uninstall();
        }
    }

    private static void StartAll(IEnumerable<Actor> actors)
    {
        foreach (Actor actor in actors)
        {
            actor.Start();
        }
    }

    // Until the time is over or something has failed.
    private static void Watch(Session session, Stopwatch clock, ProgressReport report)
    {
        TimeSpan duration = session.Options.Duration;
        for (int second = 1; !session.Gate.IsStopping && clock.Elapsed < duration; second++)
        {
            TimeSpan next = second * s_second < duration ? second * s_second : duration;
            session.Gate.Rest(next - clock.Elapsed);
            List<(Subject Subject, RcuStatistics Statistics)> all = ReadAll(session);
            report.Line(Reading.Take(session, clock.Elapsed, all));
            session.Watchdog.Check(session.Actors);
            all.ForEach(one => session.Watchdog.Check(one.Subject, one.Statistics));
        }
    }

    /// <summary>False: some hang, and were reported.</summary>
    private static bool JoinAll(Session session, IReadOnlyList<Actor> actors)
    {
        long start = Stopwatch.GetTimestamp();
        while (!actors.All(actor => actor.HasEnded))
        {
            session.Watchdog.Check(actors);
            if (Stopwatch.GetElapsedTime(start) > session.Watchdog.Limit)
            {
                foreach (Actor actor in actors.Where(actor => !actor.HasEnded))
                {
                    session.Failures.Add($"The actor '{actor.Name}' does not end: {actor.Activity().Doing}.");
                }

                return false;
            }

            Thread.Sleep(s_glance);
        }

        return true;
    }

    // After a failure the figures would only repeat it, and actors may still be at work.
    private static bool FinishAll(Session session, string doing, Action<Subject> finish)
    {
        if (session.Failures.Any)
        {
            return false;
        }

        Finisher finisher = new(doing, session, finish);
        finisher.Start();
        return JoinAll(session, [finisher]) && !session.Failures.Any;
    }

    // Statistics take the library's locks. A lock that is never released is a failure to report, not a reason to hang.
    private static List<(Subject Subject, RcuStatistics Statistics)> ReadAll(Session session)
    {
        Task<List<(Subject, RcuStatistics)>> reading = Task.Factory.StartNew(
            () => session.Subjects.Select(subject => (subject, subject.Domain.GetStatistics())).ToList(),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        if (reading.Wait(session.Watchdog.Limit))
        {
            return reading.Result;
        }

        session.Failures.Add("The domains' statistics cannot be read: a lock of the library is held for ever.");
        return [];
    }

    // A pipe in which no reader ever held an unlinked block would not have shown one that was freed too early either.
    private static string? WhyInconclusive(Session session, Reading last) =>
        last.Ages[1] == 0 && session.Subjects.Any(subject => subject.Pipe.Unlinked != 0)
            ? "no section held a block while it was unlinked"
            : !FaultInjection.IsOn && session.Options.Scenario.Populate == AllocationFaults.Populate
            ? "no failure can be injected: the switch Quiescent.FaultInjection is off"
            : !ModuleUnloads.IsSupported && session.Options.Scenario.Populate == ModuleUnloads.Populate
            ? "native code cannot load a module"
            : session.Actors.All(actor => actor.Steps == 0) ? "nothing has happened" : null;

    private static TortureResult Summarize(Session session, TimeSpan ran)
    {
        List<(Subject Subject, RcuStatistics Statistics)> all = ReadAll(session);
        Reading last = Reading.Take(session, ran, all);
        string? inconclusive = WhyInconclusive(session, last);
        return new TortureResult
        {
            Verdict = inconclusive is null ? Verdict.Passed : Verdict.Inconclusive,
            Failures = [],
            FailureCount = 0,
            Inconclusive = inconclusive,
            Scenario = session.Options.Scenario.Name,
            Seed = session.Options.Seed,
            Seconds = ran.TotalSeconds,
            Readers = session.Options.Readers,
            Updaters = session.Options.Updaters,
            AffinityShuffled = session.Affinity.Mask is not null,
            Ages = last.Ages,
            Domains = [.. all.Select(one => new DomainResult(
                one.Subject.Name,
                one.Statistics.GracePeriodsCompleted - one.Subject.Start.GracePeriodsCompleted,
                one.Statistics.GracePeriods.Max.TotalMilliseconds,
                one.Subject.Tally.BlocksQueued,
                one.Subject.Tally.CallbacksQueued,
                one.Subject.Abandoned,
                one.Subject.Stalls,
                one.Statistics.ReaderSlots))],
            Primitives = Primitives.All.ToDictionary(
                primitive => primitive.ToString(), primitive => session.Primitives[primitive]),
            Actors = session.Actors.GroupBy(actor => actor.Kind)
                .ToDictionary(kind => kind.Key, kind => kind.Sum(actor => actor.Steps)),
            Figures = session.Actors.SelectMany(actor => actor.Figures)
                .Concat(session.Subjects.SelectMany(subject => subject.Figures))
                .GroupBy(figure => figure.Name)
                .ToDictionary(figure => figure.Key, figure => figure.Sum(one => one.Count)),
            InjectedFailures = Enum.GetValues<FaultSite>()
                .ToDictionary(site => site.ToString(), ExpectedFaults.Injected),
            Memory = null,
        };
    }
}
