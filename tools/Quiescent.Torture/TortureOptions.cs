using Quiescent.Torture.Scenarios;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture;

/// <summary>What a run is to do.</summary>
internal sealed record TortureOptions
{
    public Scenario Scenario { get; init; } = Scenario.Default;

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>More readers than processors: some are always preempted inside a section.</summary>
    public int Readers { get; init; } = DefaultReaders;

    public int Updaters { get; init; } = DefaultUpdaters;

    public ulong Seed { get; init; } = (ulong)Random.Shared.NextInt64();

    /// <summary>After this long without progress, a hang is a failure.</summary>
    public TimeSpan HangLimit { get; init; } = Watchdog.DefaultLimit;

    public static int DefaultReaders => Math.Max(3, Environment.ProcessorCount + 1);

    public static int DefaultUpdaters => Math.Max(2, Environment.ProcessorCount / 2);
}
