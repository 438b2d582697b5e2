using Call = Quiescent.Testing.MapCall<int, int>;
using Operation =
    Quiescent.Testing.HistoryOperation<Quiescent.Testing.MapCall<int, int>, Quiescent.Testing.MapResult<int>>;
using Result = Quiescent.Testing.MapResult<int>;

namespace Quiescent.Testing.Tests.Linearizability;

/// <summary>Small histories of a map's one key: threads that overlap as the numbers say, values and results from a
/// few.</summary>
internal static class RandomHistory
{
    private const int Values = 2;

    /// <summary>One that has an order: each operation takes effect at a moment between its call and its
    /// return.</summary>
    public static Operation[] Legal(Random random, int operations, int threads, bool allReturn = false)
    {
        List<Operation> history = [];
        Dictionary<int, (int Operation, Result? Result)> open = [];
        int? state = null;
        long now = 0;
        while (history.Count < operations || open.Count > 0)
        {
            int thread = random.Next(threads);
            if (!open.TryGetValue(thread, out (int Operation, Result? Result) current))
            {
                if (history.Count < operations)
                {
                    open[thread] = (history.Count, null);
                    history.Add(new Operation
                    {
                        Call = RandomCall(random),
                        CalledAt = ++now,
                        ReturnedAt = long.MaxValue,
                        Thread = thread,
                    });
                }

                continue;
            }

            Operation operation = history[current.Operation];
            if (current.Result is null && random.Next(8) != 0)
            {
                open[thread] = (current.Operation, Apply(ref state, operation.Call));
            }
            else if (current.Result is not null && random.Next(8) != 0)
            {
                (operation.Result, operation.ReturnedAt) = (current.Result, ++now);
                history[current.Operation] = operation;
                open.Remove(thread);
            }
            else if (!allReturn && random.Next(4) == 0)
            {
                open.Remove(thread); // It never returns, whether it took effect or not.
            }
        }

        return [.. history];
    }

    /// <summary>The history with another result of one operation, which may be legal too.</summary>
    public static Operation[] WithWrongResult(Random random, Operation[] history)
    {
        Operation[] wrong = [.. history];
        ref Operation operation = ref wrong[random.Next(wrong.Length)];
        if (operation.Result is not null)
        {
            operation.Result = new Result(random.Next(2) == 0, random.Next(Values));
        }

        return wrong;
    }

    // The meaning of the operations, written a second time.
    public static Result Apply(ref int? state, Call call)
    {
        Dictionary<int, int> map = [];
        if (state is { } before)
        {
            map[call.Key] = before;
        }

        Result result = Apply(map, call);
        state = map.TryGetValue(call.Key, out int after) ? after : null;
        return result;
    }

    private static Result Apply(Dictionary<int, int> map, Call call)
    {
        bool isPresent = map.TryGetValue(call.Key, out int found);
        bool isEqual = isPresent && found == call.Comparand;
        switch (call.Method)
        {
            case MapMethod.TryGetValue:
                return new Result(isPresent, found);
            case MapMethod.ContainsKey:
                return new Result(isPresent);
            case MapMethod.TryAdd:
                return new Result(map.TryAdd(call.Key, call.Value));
            case MapMethod.Set:
                map[call.Key] = call.Value;
                return default;
            case MapMethod.TryUpdate when isEqual:
                map[call.Key] = call.Value;
                return new Result(true);
            case MapMethod.TryRemove:
                return new Result(map.Remove(call.Key), found);
            case MapMethod.TryRemoveItem when isEqual:
                return new Result(map.Remove(call.Key));
            case MapMethod.GetOrAdd:
                map.TryAdd(call.Key, call.Value);
                return new Result(false, map[call.Key]);
            default:
                return new Result(false);
        }
    }

    private static Call RandomCall(Random random)
    {
        MapMethod[] methods = Enum.GetValues<MapMethod>();
        return new Call(methods[random.Next(methods.Length)], 0, random.Next(Values), random.Next(Values));
    }
}
