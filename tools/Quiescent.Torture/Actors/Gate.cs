namespace Quiescent.Torture.Actors;

// All actors pass here between two steps: it can hold them all up (stutter), and says when to end.
internal sealed class Gate : IDisposable
{
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private readonly ManualResetEventSlim _stop = new();

    public bool IsStopping => _stop.IsSet;

    public void Stop()
    {
        _stop.Set();
        _open.Set();
    }

    public void Pause() => _open.Reset();

    public void Resume() => _open.Set();

    /// <summary>False: the actor is to end.</summary>
    public bool Pass()
    {
        if (!IsStopping && !_open.IsSet)
        {
            _open.Wait();
        }

        return !IsStopping;
    }

    /// <summary>Sleeps, but no longer than the run lasts. True: the run is ending.</summary>
    public bool Rest(TimeSpan time) => _stop.Wait((int)Math.Max(0, Math.Ceiling(time.TotalMilliseconds)));

    public void Dispose()
    {
        _open.Dispose();
        _stop.Dispose();
    }
}
