namespace Quiescent.Codegen.Paths;

// A value as far as it is known: a root (an argument, what some instruction loaded, …) and what was added to it. No
// root: a constant.
internal readonly record struct Value(string Root, long Offset)
{
    private const string LoadPrefix = "load@";
    private const string ArgumentPrefix = "argument:";

    public static readonly Value Zero = new("", 0);

    public static readonly Value StackPointer = new("stack", 0);

    public bool IsConstant => Root.Length == 0;

    public bool IsLoaded => Root.StartsWith(LoadPrefix, StringComparison.Ordinal);

    public bool IsArgument => Root.StartsWith(ArgumentPrefix, StringComparison.Ordinal);

    public bool IsStack => Root == StackPointer.Root;

    public static Value Constant(long value) => new("", value);

    public static Value Argument(string register) => new(ArgumentPrefix + register, 0);

    public static Value LoadedBy(int instruction, int part) => new($"{LoadPrefix}{instruction}.{part}", 0);

    public static Value UnknownOf(int instruction, string what) => new($"{what}@{instruction}", 0);

    public static Value Named(string symbol) => new("symbol:" + symbol, 0);

    public Value Plus(long offset) => this with { Offset = Offset + offset };

    /// <summary>Adds if one side is a constant; null otherwise.</summary>
    public static Value? Sum(Value left, Value right) =>
        right.IsConstant ? left.Plus(right.Offset) : left.IsConstant ? right.Plus(left.Offset) : null;
}

internal enum AccessKind
{
    Load,
    Store,
    Fence,
    Call,
}

// One step of a path that another thread could notice, in program order. An atomic operation makes three steps: fence,
// load, store.
internal sealed record Access(AccessKind Kind, string Text)
{
    public Value Address { get; init; }

    /// <summary>The value loaded or stored.</summary>
    public Value Value { get; init; }

    public int Bytes { get; init; }

    /// <summary>A load that later accesses stay behind, or a store that earlier accesses stay before.</summary>
    public bool IsOrdered { get; init; }

    public string Target { get; init; } = "";

    public bool Stores(Value address, Value value) => Kind == AccessKind.Store && Address == address && Value == value;

    public bool Calls(string name) => Kind == AccessKind.Call && Target.Contains(name, StringComparison.Ordinal);
}
