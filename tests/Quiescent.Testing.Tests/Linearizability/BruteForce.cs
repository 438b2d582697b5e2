using Operation =
    Quiescent.Testing.HistoryOperation<Quiescent.Testing.MapCall<int, int>, Quiescent.Testing.MapResult<int>>;

namespace Quiescent.Testing.Tests.Linearizability;

/// <summary>Tries all orders of a few operations on a map's one key, one after another.</summary>
internal static class BruteForce
{
    /// <summary>Whether the operations that have returned by a moment, with any of the others, have an order.</summary>
    public static bool HasOrder(Operation[] operations, int? state, long until = long.MaxValue - 1) =>
        Search([.. operations], state, until);

    private static bool Search(List<Operation> rest, int? state, long until) =>
        !rest.Exists(operation => operation.ReturnedAt <= until)
        || rest.Exists(next => IsFirst(next, rest) && IsLegal(next, state, out int? after)
            && Search(rest.FindAll(other => other.CalledAt != next.CalledAt), after, until));

    private static bool IsFirst(Operation next, List<Operation> rest) =>
        !rest.Exists(other => other.ReturnedAt < next.CalledAt);

    private static bool IsLegal(Operation operation, int? before, out int? after)
    {
        after = before;
        MapResult<int> right = RandomHistory.Apply(ref after, operation.Call);
        if (operation.Result is not { } result)
        {
            return true;
        }

        return operation.Call.Method switch
        {
            MapMethod.Set => true,
            MapMethod.GetOrAdd => right.Value == result.Value,
            MapMethod.TryGetValue or MapMethod.TryRemove when right.Success =>
                result.Success && right.Value == result.Value,
            _ => right.Success == result.Success,
        };
    }
}
