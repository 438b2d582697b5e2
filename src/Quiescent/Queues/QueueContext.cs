using System.Numerics;
using Quiescent.GracePeriods;
using Quiescent.Validate;
using static Quiescent.Tuning;

namespace Quiescent.Queues;

// What the queues of one domain share: the engine that ends grace periods, the pool that pages come from, the ledger,
// how many blocks a page takes, and the count of the bytes that wait.
internal sealed class QueueContext(
    GracePeriodEngine engine, PagePool pages, BlockLedger? ledger, int pageEntries, WaitingBytes bytes)
{
    public GracePeriodEngine Engine { get; } = engine;

    public PagePool Pages { get; } = pages;

    /// <summary>Under Validate: what waits, process-wide.</summary>
    public BlockLedger? Ledger { get; } = ledger;

    public WaitingBytes Bytes { get; } = bytes;

    /// <summary>How many blocks a page takes at most: fewer under a small backlog limit.</summary>
    public int PageEntries { get; } = pageEntries;

    /// <summary>How many heads their owner pushes between two collections, at each of which it counts them: fewer under
    /// a small backlog limit. A power of two, and at most a page's worth.</summary>
    public int HeadsPerStep { get; } = Math.Min(HeadsBetweenCollections, 1 << BitOperations.Log2((uint)pageEntries));
}
