using System.Diagnostics;
using Quiescent.Codegen.Listings;

namespace Quiescent.Codegen.Tests;

// The machine code that the JIT of this machine makes of the hot paths. Catches a JIT, or a change of the library, that
// moves a section's load before its announcement, an announcement behind its loads, or a look at AppendFlags before the
// append.
public class JitTests
{
    private const string Methods = "Quiescent.Codegen.Probes.Probe:* "
        + "Quiescent.GracePeriods.GracePeriodEngine:NextTarget Quiescent.Queues.PageQueue:Extend";

    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData("")]
    [InlineData("DOTNET_TieredPGO=0")]
    [InlineData("DOTNET_ReadyToRun=0")]
    [InlineData("DOTNET_TieredCompilation=0")]
    public void The_JIT_keeps_the_hot_paths_accesses_in_order(string setting)
    {
        Assert.All(
            Verdict.Of(JitListing.Parse(ListingOf(setting))),
            verdict =>
                Assert.True(verdict.Faults.Count == 0, $"{verdict.Method}: {string.Join("; ", verdict.Faults)}"));
    }

    private static string ListingOf(string setting)
    {
        string file = Path.GetTempFileName();
        try
        {
            ProcessStartInfo start = new("dotnet") { RedirectStandardError = true };
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Codegen.Probes.dll"));
            start.Environment["DOTNET_JitDisasm"] = Methods;
            start.Environment["DOTNET_JitStdOutFile"] = file;
            start.Environment["DOTNET_TC_CallCountingDelayMs"] = "0";
            if (setting.Split('=') is [string name, string value])
            {
                start.Environment[name] = value;
            }

            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            bool ended = process.WaitForExit(s_bound);
            if (!ended)
            {
                process.Kill();
            }

            Assert.True(ended, "The probes do not end.");
            Assert.True(process.ExitCode == 0, errors.GetAwaiter().GetResult());
            return File.ReadAllText(file);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
