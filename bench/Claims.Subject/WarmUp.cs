using System.Diagnostics;
using System.Runtime.CompilerServices;
using Quiescent.Codegen.Probes;
using Quiescent.Queues;

namespace Quiescent.Claims.Subject;

// Runs everything until the JIT has compiled it at its highest tier. Compiled ahead of time, everything runs once.
internal static class WarmUp
{
    public const string Callback = "Callback`4.Free";
    public const string ReclaimPath = $"{nameof(HeadWord)}.{nameof(HeadWord.Reclaim)}";

    /// <summary>The methods, by Class.Method, whose size is of interest.</summary>
    public static readonly string[] Methods =
    [
        Callback,
        ReclaimPath,
        $"{nameof(CallSites)}.{nameof(CallSites.CallOnce)}",
        $"{nameof(CallSites)}.{nameof(CallSites.CallFiveTimes)}",
        $"{nameof(CallSites)}.{nameof(CallSites.FreeOnce)}",
        $"{nameof(CallSites)}.{nameof(CallSites.FreeFiveTimes)}",
    ];

    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(2);

    /// <summary>Returns the sizes of the JIT's code; methods compiled ahead of time have none.</summary>
    /// <exception cref="TimeoutException">The JIT did not compile all of them at its highest tier.</exception>
    public static MethodBytes[] Run(Reclaims reclaims)
    {
        using CompilationLog log = new();
        Stopwatch watch = Stopwatch.StartNew();
        do
        {
            foreach (Way way in Way.All)
            {
                reclaims.Round(way);
            }

            for (int i = 0; i < 64; i++)
            {
                CallSites.RunAll();
            }

            Rcu.Barrier();
            if (watch.Elapsed > s_bound)
            {
                throw new TimeoutException("Not all methods were compiled at the highest tier.");
            }
        }
        while (RuntimeFeature.IsDynamicCodeCompiled && !IsComplete(log));

        return [.. Methods.Select(name => new MethodBytes(name, [.. log.BytesOf(name)]))];
    }

    private static bool IsComplete(CompilationLog log) =>
        Methods.All(name => log.BytesOf(name).Count >= (name == Callback ? HandWritten.Count : 1));
}
