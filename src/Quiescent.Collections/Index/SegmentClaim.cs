using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// The right to empty a segment, which one thread at a time has. Who does not get it goes on without: to empty a segment
// is never urgent.
internal readonly unsafe ref struct SegmentClaim
{
    private readonly Segment* _segment;

    private SegmentClaim(Segment* segment) => _segment = segment;

    public bool IsTaken => _segment != null;

    public static SegmentClaim TryTake(Segment* segment) => new(TryLock.TryEnter(ref segment->Claim) ? segment : null);

    public void Dispose()
    {
        if (_segment != null)
        {
            TryLock.Exit(ref _segment->Claim);
        }
    }
}
