using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Tests.Support;

// A failure log by itself: what a detector has to say.
internal static class Log
{
    public static FailureLog New() => new(static () => { });

    /// <summary>There is one failure, and it says so.</summary>
    public static void MustHold(FailureLog failures, string text) =>
        Assert.Contains(text, Assert.Single(failures.Kept), StringComparison.Ordinal);
}
