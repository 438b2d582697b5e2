using System.Collections.Concurrent;
using Quiescent.Reclamation;

namespace Quiescent.Tests.Reclamation;

// A clock that stands still but for the pauses that threads make, which take no time. It counts them.
internal sealed class FakeClock : PacingClock
{
    private readonly ConcurrentDictionary<int, long> _pauses = new();
    private long _now = Pacing.Ticks(1_000);
    private long _slept;

    /// <summary>Called on the thread that is about to sleep.</summary>
    public Action? Sleeping { get; set; }

    public override long Now => Interlocked.Read(ref _now);

    /// <summary>Milliseconds that all threads together have slept.</summary>
    public long Slept => Interlocked.Read(ref _slept);

    /// <summary>How often this thread has slept.</summary>
    public long PausesOfThisThread => _pauses.GetValueOrDefault(Environment.CurrentManagedThreadId);

    public void Advance(int milliseconds) => Interlocked.Add(ref _now, Pacing.Ticks(milliseconds));

    public override void Sleep(int milliseconds)
    {
        Sleeping?.Invoke();
        _pauses.AddOrUpdate(Environment.CurrentManagedThreadId, 1, static (_, pauses) => pauses + 1);
        Interlocked.Add(ref _slept, milliseconds);
        Advance(milliseconds);
    }
}
