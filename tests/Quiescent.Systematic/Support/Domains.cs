namespace Quiescent.Systematic.Support;

internal static class Domains
{
    /// <summary>Nothing depends on clocks: batches are not gathered, stalls not looked for.</summary>
    public static RcuDomainOptions Options { get; } = new()
    {
        Name = "systematic",
        ReclaimDelay = TimeSpan.Zero,
        StallTimeout = Timeout.InfiniteTimeSpan,
    };
}
