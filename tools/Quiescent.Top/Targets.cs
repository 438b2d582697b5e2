using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Diagnostics.NETCore.Client;
using Quiescent.Top.Stream;

namespace Quiescent.Top;

// The processes that can be observed, and which of them have domains.
internal static class Targets
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    public static bool Exists(int processId) => NameOf(processId) is not null;

    /// <exception cref="TopException">There is no such process.</exception>
    public static Target Find(int processId) =>
        NameOf(processId) is { } name ? new Target(processId, name) : throw TopException.NoProcess(processId);

    /// <summary>Processes with a diagnostics port whose name contains the given one.</summary>
    public static IReadOnlyList<Target> All(string? name) =>
        [.. from processId in DiagnosticsClient.GetPublishedProcesses()
            where processId != Environment.ProcessId
            let called = NameOf(processId)
            where called?.Contains(name ?? "", StringComparison.OrdinalIgnoreCase) == true
            orderby processId
            select new Target(processId, called)];

    /// <summary>Asks each process, and returns those that have domains.</summary>
    public static async Task<IReadOnlyList<Target>> WithDomainsAsync(
        IReadOnlyList<Target> targets, MetricLimits limits, CancellationToken cancellation)
    {
        bool[] have = await Task.WhenAll(
            targets.Select(target => HasDomainsAsync(target.ProcessId, limits, cancellation))).ConfigureAwait(false);
        return [.. targets.Where((_, i) => have[i])];
    }

    private static async Task<bool> HasDomainsAsync(int processId, MetricLimits limits, CancellationToken cancellation)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(s_patience);
        try
        {
            await using TargetStream stream = await TargetStream.OpenAsync(
                processId, limits, patience.Token).ConfigureAwait(false);
            await foreach (TopMessage message in stream.Messages.ReadAllAsync(patience.Token).ConfigureAwait(false))
            {
                switch (message)
                {
                    case Occupied { Limits: { } others } when others != limits:
                        return await HasDomainsAsync(processId, others, cancellation).ConfigureAwait(false);
                    case MeterFound or MetersListed or Occupied:
                        return message is MeterFound;
                    default:
                        break;
                }
            }
        }
        catch (Exception thrown) when (thrown is TopException or ChannelClosedException
            || (thrown is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // A process that does not answer has no domains to show.
        }

        return false;
    }

    // The host `dotnet` says little: then the name is that of the program that it runs.
    private static string? NameOf(int processId)
    {
        try
        {
            using Process process = Process.GetProcessById(processId);
            return process.ProcessName == "dotnet" ? ProgramOf(processId) ?? "dotnet" : process.ProcessName;
        }
        catch (Exception thrown) when (thrown is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? ProgramOf(int processId)
    {
        try
        {
            string[] arguments = File.ReadAllText($"/proc/{processId}/cmdline").Split('\0');
            return arguments.Skip(1).FirstOrDefault(
                argument => argument.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)) is { } program
                ? Path.GetFileNameWithoutExtension(program)
                : null;
        }
        catch (Exception thrown) when (thrown is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
