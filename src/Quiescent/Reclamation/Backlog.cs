using Quiescent.Queues;

namespace Quiescent.Reclamation;

// How much waits in a domain: items and bytes, each with a limit. The policy applies above either.
//
// Items are counted a page's worth at a time. A page begins to count when it is full; heads and callbacks, at each step
// of their owner (QueueContext.HeadsPerStep). Neither a page nor a step is more than an eighth of the limit, if that is
// eight or more. A block ceases to count when it is freed or, if its owner freed it or took it back between pages, at
// the owner's next page. So the count of items is too low or too high by at most a page per queue.
//
// Bytes are counted for each queue by the holder of its lock (QueueBytes.Count), and for resources from their
// closing to their release.
internal sealed class Backlog(RcuDomainOptions options)
{
    /// <summary>Blocks and callbacks.</summary>
    public LimitedCount Items { get; } = new(options.BacklogLimit);

    /// <summary>The bytes of those whose size is known.</summary>
    public WaitingBytes Bytes { get; } = new(options.BacklogBytesLimit);

    public BacklogPolicy Policy { get; } = options.BacklogPolicy;

    public bool IsOverLimit => Items.IsOverLimit || Bytes.IsOverLimit;

    /// <summary>Whether crossings of a limit wait to be reported.</summary>
    public bool HasCrossed => Items.HasCrossed || Bytes.HasCrossed;

    /// <summary>Whether it is over a limit, or would be with so much more.</summary>
    public bool IsOverLimitWith(in Amount more) =>
        Items.IsOverLimitWith(more.Items) || Bytes.IsOverLimitWith(more.Bytes);

    /// <summary>The part of what a thread has queued that lies above the limits.</summary>
    public Amount PartAboveLimit(in Amount queued) =>
        new(Items.PartAboveLimit(queued.Items), Bytes.PartAboveLimit(queued.Bytes));
}

// How much is queued, in both measures.
internal readonly record struct Amount(long Items, long Bytes)
{
    public static Amount operator +(Amount left, Amount right) =>
        new(left.Items + right.Items, left.Bytes + right.Bytes);
}
