namespace Quiescent.Codegen.Paths;

// What is known at one point of one path: the registers, the stack's words, which values are equal, and the accesses
// made on the way.
internal sealed class State
{
    private readonly Dictionary<string, Value> _registers;
    private readonly Dictionary<long, Value> _stack;
    private readonly Dictionary<(Value, Value), bool> _equalities;
    private readonly List<Access> _accesses;

    public State()
    {
        _registers = [];
        _stack = [];
        _equalities = [];
        _accesses = [];
    }

    public State(State other)
    {
        _registers = new(other._registers);
        _stack = new(other._stack);
        _equalities = new(other._equalities);
        _accesses = [.. other._accesses];
        Compared = other.Compared;
    }

    public IReadOnlyList<Access> Accesses => _accesses;

    /// <summary>The two values that the flags compare; null when the flags come from something else.</summary>
    public (Value Left, Value Right)? Compared { get; set; }

    public Value this[string register]
    {
        get =>
            _registers.TryGetValue(register, out Value value) ? value : _registers[register] = Value.Argument(register);
        set => _registers[register] = value;
    }

    public void Add(Access access) => _accesses.Add(access);

    public Value Load(int instruction, int part, Value address, int bytes, bool isOrdered, string text)
    {
        if (address.IsStack)
        {
            return _stack.TryGetValue(address.Offset, out Value kept)
                ? kept
                : _stack[address.Offset] = Value.UnknownOf(instruction, $"stack.{part}");
        }

        Value value = Value.LoadedBy(instruction, part);
        _accesses.Add(new Access(AccessKind.Load, text)
        {
            Address = address,
            Value = value,
            Bytes = bytes,
            IsOrdered = isOrdered,
        });
        return value;
    }

    public void Store(Value address, Value value, int bytes, bool isOrdered, string text)
    {
        if (address.IsStack)
        {
            _stack[address.Offset] = value;
            return;
        }

        _accesses.Add(new Access(AccessKind.Store, text)
        {
            Address = address,
            Value = value,
            Bytes = bytes,
            IsOrdered = isOrdered,
        });
    }

    /// <summary>A call leaves nothing known in the registers that it may use, nor in words of the stack whose address
    /// it was given.</summary>
    public void Call(int instruction, string target, IEnumerable<string> kept, string text)
    {
        _accesses.Add(new Access(AccessKind.Call, text) { Target = target });
        HashSet<string> saved = [.. kept];
        foreach (string register in _registers.Keys.Where(register => !saved.Contains(register)).ToArray())
        {
            if (_registers[register].IsStack)
            {
                _stack.Remove(_registers[register].Offset);
            }

            _registers[register] = Value.UnknownOf(instruction, register);
        }

        Compared = null;
    }

    /// <summary>Assumes that two values are equal, or that they are not. False: on this path they cannot be.</summary>
    public bool TryAssume(Value left, Value right, bool equal)
    {
        if (left.Root == right.Root)
        {
            return (left.Offset == right.Offset) == equal;
        }

        if (_equalities.TryGetValue((left, right), out bool known) || _equalities.TryGetValue((right, left), out known))
        {
            return known == equal;
        }

        _equalities[(left, right)] = equal;
        return true;
    }
}
