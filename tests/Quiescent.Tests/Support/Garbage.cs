namespace Quiescent.Tests.Support;

internal static class Garbage
{
    /// <summary>Collects what nothing refers to, runs its finalizers, and collects what they let go.</summary>
    public static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
