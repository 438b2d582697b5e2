using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Tests.Support;

// A failure log alone: what a detector reports.
internal static class Log
{
    public static FailureLog New() => new(static () => { });

    /// <summary>There is one failure, and it contains the text.</summary>
    public static void MustHold(FailureLog failures, string text) =>
        Assert.Contains(text, Assert.Single(failures.Kept), StringComparison.Ordinal);
}
