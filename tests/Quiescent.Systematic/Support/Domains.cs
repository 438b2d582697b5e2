namespace Quiescent.Systematic.Support;

// Domains in which nothing depends on a clock: batches are not gathered, stalls not looked for.
internal static class Domains
{
    public static RcuDomain Create() => new(Options);

    /// <summary>A domain whose pages take that many blocks, so that a few blocks make several pages.</summary>
    public static RcuDomain WithPagesOf(int entries, BacklogPolicy policy = BacklogPolicy.None) =>
        new(Options with { BacklogLimit = 8 * entries, BacklogPolicy = policy });

    public static RcuDomainOptions Options { get; } = new()
    {
        Name = "systematic",
        ReclaimDelay = TimeSpan.Zero,
        StallTimeout = Timeout.InfiniteTimeSpan,
        BacklogPolicy = BacklogPolicy.None,
    };
}
