using System.Diagnostics.CodeAnalysis;

namespace Quiescent.Validate;

// The lock that an updater says it holds (lockdep_is_held).
internal static class UpdateSide
{
    public static void Require(Lock updateSide)
    {
        if (updateSide?.IsHeldByCurrentThread != true)
        {
            ThrowNotHeld();
        }
    }

    public static void Require(object monitor)
    {
        if (monitor is null || !Monitor.IsEntered(monitor))
        {
            ThrowNotHeld();
        }
    }

    [DoesNotReturn]
    private static void ThrowNotHeld() =>
        throw new InvalidOperationException(
            "LoadProtected was called outside of its update-side lock: another updater may free what it returns.\n"
            + $"  at: {CallerSite.Capture()}");
}
