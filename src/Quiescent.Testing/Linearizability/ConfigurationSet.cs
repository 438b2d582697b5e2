namespace Quiescent.Testing;

/// <summary>A state, and which of the overlapping operations have taken effect in it, by their slots.</summary>
internal readonly record struct Configuration<TState>(TState State, ulong Done);

/// <summary>Configurations, each once, in the order in which they were added.</summary>
internal sealed class ConfigurationSet<TState>
{
    // Up to so many are compared one by one.
    private const int Few = 8;

    // A larger table costs more to empty than to make anew.
    private const int LargeTable = 1024;

    private readonly List<Configuration<TState>> _items = [];
    private HashSet<Configuration<TState>> _table = [];

    public int Count => _items.Count;

    /// <summary>A configuration. One that was replaced is not found by <see cref="Contains"/> until the set is
    /// cleared.</summary>
    public Configuration<TState> this[int index]
    {
        get => _items[index];
        set => _items[index] = value;
    }

    public bool Contains(Configuration<TState> configuration) =>
        _table.Count == 0 ? _items.Contains(configuration) : _table.Contains(configuration);

    public void Add(Configuration<TState> added)
    {
        if (Contains(added))
        {
            return;
        }

        _items.Add(added);
        if (_table.Count != 0)
        {
            _table.Add(added);
        }
        else if (_items.Count > Few)
        {
            _table.UnionWith(_items);
        }
    }

    public void Clear()
    {
        _items.Clear();
        if (_table.Capacity > LargeTable)
        {
            _table = [];
        }
        else if (_table.Count != 0)
        {
            _table.Clear();
        }
    }
}
