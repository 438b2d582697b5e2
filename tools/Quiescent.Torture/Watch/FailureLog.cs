namespace Quiescent.Torture.Watch;

// The failures of the run. The first ends the run; of a flood only the first are kept.
internal sealed class FailureLog(Action onFailure)
{
    private const int MaxKept = 20;

    private readonly Lock _lock = new();
    private readonly List<string> _kept = [];
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public bool Any => Count != 0;

    public string[] Kept
    {
        get
        {
            lock (_lock)
            {
                return [.. _kept];
            }
        }
    }

    public void Add(string failure)
    {
        Interlocked.Increment(ref _count);
        lock (_lock)
        {
            if (_kept.Count < MaxKept)
            {
                _kept.Add(failure);
            }
        }

        onFailure();
    }
}
