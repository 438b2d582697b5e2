namespace Quiescent.Testing;

/// <summary>A moment before an event at which one configuration was left: what had taken effect is certain.</summary>
internal readonly record struct Checkpoint<TState>(int Event, Configuration<TState> Configuration);

/// <summary>The latest checkpoints.</summary>
internal sealed class CheckpointRing<TState>
{
    private const int Capacity = 1024;

    private readonly Checkpoint<TState>[] _items = new Checkpoint<TState>[Capacity];
    private long _added;

    public void Clear() => _added = 0;

    public void Add(Checkpoint<TState> checkpoint) => _items[_added++ % Capacity] = checkpoint;

    /// <summary>The latest at or before an event; null if none is kept.</summary>
    public Checkpoint<TState>? Latest(int index)
    {
        for (long i = _added - 1; i >= Math.Max(0, _added - Capacity); i--)
        {
            if (_items[i % Capacity].Event <= index)
            {
                return _items[i % Capacity];
            }
        }

        return null;
    }
}
