using System.Runtime;

namespace Quiescent.Scale.Workloads.Meters;

// Runs code until the runtime has compiled it for good: methods go through two tiers, each after a while.
internal static class Warm
{
    private const int FewestSlices = 4;
    private const int MostSlices = 10;

    /// <summary>Runs the slice (some 100 ms) until nothing more has been compiled for two slices.</summary>
    public static void Up(Action slice)
    {
        int quiet = 0;
        for (int i = 0; i < MostSlices && (i < FewestSlices || quiet < 2); i++)
        {
            long before = JitInfo.GetCompiledMethodCount();
            slice();
            quiet = JitInfo.GetCompiledMethodCount() == before ? quiet + 1 : 0;
        }
    }
}
