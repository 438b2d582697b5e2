namespace Quiescent.Testing.Tests.Linearizability;

// Maps with a known fault, each beside its twin without it. Halfway through an update they run what another thread does
// just then: once, on the same thread, so that the interleaving is always the same.
internal abstract class MapWithFault
{
    /// <summary>What another thread does halfway through the next update.</summary>
    public Action? Meanwhile { get; set; }

    protected void Halfway()
    {
        Action? meanwhile = Meanwhile;
        Meanwhile = null;
        meanwhile?.Invoke();
    }
}

/// <summary>A chain of slots. The busted one inserts into the first free slot that it meets, before it has looked at
/// the slots behind it.</summary>
internal sealed class SlotMap(bool isBusted) : MapWithFault
{
    private readonly (int Key, long Value)?[] _slots = new (int, long)?[4];
    private int _version;

    public bool TryAdd(int key, long value)
    {
        int free;
        int version;
        do
        {
            (free, version) = (-1, _version);
            for (int i = 0; i < _slots.Length && !(isBusted && free >= 0); i++)
            {
                if (_slots[i]?.Key == key)
                {
                    return false;
                }

                free = free < 0 && _slots[i] is null ? i : free;
                if (_slots[i] is not null)
                {
                    Halfway();
                }
            }
        }
        while (!isBusted && version != _version);

        _slots[free] = (key, value);
        _version++;
        return true;
    }

    public bool TryRemove(int key, out long value)
    {
        int index = Array.FindIndex(_slots, slot => slot?.Key == key);
        value = index < 0 ? 0 : _slots[index]!.Value.Value;
        if (index < 0)
        {
            return false;
        }

        _slots[index] = null;
        _version++;
        return true;
    }
}

/// <summary>Sixteen bytes that are always of one piece.</summary>
internal readonly record struct Pair(long A, long B)
{
    public override string ToString() => $"({A}, {B})";
}

/// <summary>One entry. The busted one stores a new value over the old one, half by half.</summary>
internal sealed class WideMap(bool isBusted) : MapWithFault
{
    private long[] _entry = [0, 0];

    public Pair Read() => new(_entry[0], _entry[1]);

    public void Set(Pair value)
    {
        long[] entry = isBusted ? _entry : new long[2];
        entry[0] = value.A;
        Halfway();
        entry[1] = value.B;
        _entry = entry;
    }
}

/// <summary>One entry. The busted one compares, and then stores whatever is there by then.</summary>
internal sealed class UpdateMap(bool isBusted, long initial) : MapWithFault
{
    private long _value = initial;

    public bool TryUpdate(long newValue, long comparand)
    {
        if (_value != comparand)
        {
            return false;
        }

        Halfway();
        if (!isBusted && _value != comparand)
        {
            return false;
        }

        _value = newValue;
        return true;
    }
}
