using Quiescent.Codegen.Listings;

namespace Quiescent.Codegen.Paths;

// An instruction being executed: where it stands, and how many words it has loaded so far.
internal sealed class Context(State state, Instruction instruction, int index)
{
    private int _parts;

    public State State { get; } = state;

    public Instruction Instruction { get; } = instruction;

    public int Index { get; } = index;

    public string Text { get; } = instruction.ToString();

    public int NextPart() => _parts++;
}
