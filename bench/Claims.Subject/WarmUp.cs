using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Claims.Subject;

// Runs everything until the JIT has compiled it at its highest tier. Compiled ahead of time, once over.
internal static unsafe class WarmUp
{
    public const string CallbackMethod = "Quiescent.Claims.Subject.Callback`2.Free";

    /// <summary>The other methods whose code counts.</summary>
    public static readonly string[] SingleMethods =
    [
        "Quiescent.Claims.Subject.Node.FreeNode",
        "Quiescent.Claims.Subject.CallSites.CallOnce",
        "Quiescent.Claims.Subject.CallSites.CallFiveTimes",
        "Quiescent.Claims.Subject.CallSites.FreeOnce",
        "Quiescent.Claims.Subject.CallSites.FreeFiveTimes",
        "Quiescent.Queues.HeadWord.Reclaim",
    ];

    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(2);

    /// <summary>Returns what the JIT has made of the methods; nothing of methods compiled ahead of time.</summary>
    /// <exception cref="TimeoutException">Not all of them are compiled at the highest tier.</exception>
    public static MethodBytes[] Run(Reclaims reclaims)
    {
        using CompilationLog log = new();
        Stopwatch watch = Stopwatch.StartNew();
        do
        {
            RunAll(reclaims);
            if (watch.Elapsed > s_bound)
            {
                throw new TimeoutException("Not all methods were compiled at the highest tier.");
            }
        }
        while (RuntimeFeature.IsDynamicCodeCompiled && !IsComplete(log));

        return [.. SingleMethods.Append(CallbackMethod).Select(name => new MethodBytes(name, [.. log.BytesOf(name)]))];
    }

    private static bool IsComplete(CompilationLog log) =>
        log.BytesOf(CallbackMethod).Count == HandWritten.Count && SingleMethods.All(name => log.BytesOf(name).Count != 0);

    private static void RunAll(Reclaims reclaims)
    {
        foreach (Way way in Way.All)
        {
            reclaims.Round(way);
        }

        for (int i = 0; i < 64; i++)
        {
            RunCallSites();
        }

        Rcu.Barrier();
    }

    private static void RunCallSites()
    {
        // SAFETY: each block is handed over by one site.
        Node** nodes = stackalloc Node*[CallSites.Difference + 1];
        CallSites.CallOnce(Allocate(nodes, 1));
        CallSites.FreeOnce(Allocate(nodes, 1));
        CallSites.CallFiveTimes(Allocate(nodes, CallSites.Difference + 1));
        CallSites.FreeFiveTimes(Allocate(nodes, CallSites.Difference + 1));
    }

    private static Node** Allocate(Node** nodes, int count)
    {
        for (int i = 0; i < count; i++)
        {
            nodes[i] = (Node*)NativeMemory.Alloc((nuint)sizeof(Node));
        }

        return nodes;
    }
}
