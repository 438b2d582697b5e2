using System.Runtime.CompilerServices;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads.Meters;

namespace Quiescent.Scale.Workloads.Flooding;

// The operations of an updater, and the managed bytes that it has allocated meanwhile.
internal readonly record struct Updates(long Objects, long ManagedBytes);

// The loops call a method per batch that is not inlined, so that each batch enters the newest code.
internal static class FloodLoops<TScheme, TPick>
    where TScheme : struct, IScheme
    where TPick : struct, IPick<TPick>
{
    private const int BatchSize = 1024;

    private static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(50);
    private static bool s_isWarm;

    /// <summary>What <see cref="WarmUp"/> takes the first time.</summary>
    public static SetUp SetUp { get; } = new(
        $"warming up {typeof(TScheme)} {typeof(TPick)}", TimeSpan.FromMilliseconds(500));

    /// <summary>Once in the process.</summary>
    public static void WarmUp(Func<Slots, TScheme> create)
    {
        if (!s_isWarm)
        {
            Warm.Up(() => Flood.Turn<TScheme, TPick>(create, new FloodShape(Updaters: 1, Readers: 1), s_slice));
            s_isWarm = true;
        }
    }

    public static Updates Update(TScheme scheme, TPick pick, Crew crew)
    {
        scheme.Enter();
        crew.Begin();

        // What a thread needs once is not counted: it is not managed memory per object.
        UpdateBatch(ref scheme, ref pick, 0);
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long objects = BatchSize;
        while (!crew.IsStopped)
        {
            UpdateBatch(ref scheme, ref pick, objects);
            objects += BatchSize;
        }

        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        scheme.Leave();
        return new Updates(objects, bytes);
    }

    public static long Look(TScheme scheme, Crew crew)
    {
        crew.Begin();
        long reads = 0;
        while (!crew.IsStopped)
        {
            LookBatch(ref scheme);
            reads += BatchSize;
        }

        return reads;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UpdateBatch(ref TScheme shared, ref TPick sharedPick, long first)
    {
        TScheme scheme = shared;
        TPick pick = sharedPick;
        for (long value = first; value < first + BatchSize; value++)
        {
            scheme.Replace(pick.Next(), value);
        }

        shared = scheme;
        sharedPick = pick;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LookBatch(ref TScheme shared)
    {
        TScheme scheme = shared;
        for (int i = 0; i < BatchSize; i++)
        {
            scheme.Read(0);
        }
    }
}
