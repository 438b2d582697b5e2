using Quiescent.Codegen.Listings;

namespace Quiescent.Codegen.Paths;

// How a path goes on after an instruction.
internal enum Next
{
    Falls,
    Jumps,
    Branches,
    Ends,
}

/// <param name="Next">Where to.</param>
/// <param name="Label">Of a jump or branch.</param>
/// <param name="Condition">Two values that decide a branch, if known.</param>
/// <param name="TakenIfEqual">Whether it is taken when they are equal.</param>
internal readonly record struct Step(
    Next Next, string Label = "", (Value Left, Value Right)? Condition = null, bool TakenIfEqual = false);

// The instructions of one architecture and their effects.
internal interface IMachine
{
    Step Execute(State state, Instruction instruction, int index);
}

// All ways through a method that visit no instruction twice, from its beginning to a return.
internal static class Walk
{
    private const int Limit = 20_000;

    public static List<IReadOnlyList<Access>> Paths(Method method)
    {
        IMachine machine = method.Platform.IsArm64 ? new Arm64() : new X64(method.Platform.IsWindows);
        List<IReadOnlyList<Access>> paths = [];
        Follow(method, machine, new State(), 0, [], paths);
        return paths;
    }

    private static void Follow(
        Method method,
        IMachine machine,
        State state,
        int index,
        HashSet<int> visited,
        List<IReadOnlyList<Access>> paths)
    {
        while (index < method.Instructions.Count && visited.Add(index))
        {
            Instruction instruction = method.Instructions[index];
            Step step = machine.Execute(state, instruction, index);
            if (step.Next == Next.Jumps && instruction.Symbol.Length > 0 && instruction.Symbol != method.Name)
            {
                // Out of the method: a tail call.
                state.Add(new Access(AccessKind.Call, instruction.ToString()) { Target = instruction.Symbol });
                step = new Step(Next.Ends);
            }

            index++;
            switch (step.Next)
            {
                case Next.Ends:
                    paths.Add(state.Accesses);
                    if (paths.Count > Limit)
                    {
                        throw new InvalidDataException($"{method.Name} has more than {Limit} paths.");
                    }

                    return;
                case Next.Jumps:
                    index = Target(method, step.Label);
                    break;
                case Next.Branches:
                    State taken = new(state);
                    if (step.Condition is not { } pair || taken.TryAssume(pair.Left, pair.Right, step.TakenIfEqual))
                    {
                        Follow(method, machine, taken, Target(method, step.Label), [.. visited], paths);
                    }

                    if (step.Condition is { } other && !state.TryAssume(other.Left, other.Right, !step.TakenIfEqual))
                    {
                        return;
                    }

                    break;
            }
        }
    }

    // A trap leads nowhere.
    private static int Target(Method method, string label) =>
        method.Labels.TryGetValue(label, out int index) ? index : method.Instructions.Count;
}
