namespace Quiescent.Testing.Tests.Linearizability;

internal readonly record struct QueueCall(char? Enqueued)
{
    public static QueueCall Dequeue => default;

    public static QueueCall Enqueue(char item) => new(item);

    public override string ToString() => Enqueued is { } item ? $"Enqueue({item})" : "Dequeue()";
}

/// <summary>A first-in first-out queue of characters, as a user of the kit would specify one. Its state is their
/// text; an empty queue gives '-'.</summary>
internal sealed class QueueSpecification : ISequentialSpecification<int, string, QueueCall, char>
{
    public int GetKey(in QueueCall call) => 0;

    public string GetInitialState(int key) => "";

    public bool TryApply(ref string state, in QueueCall call, char? result)
    {
        if (call.Enqueued is { } item)
        {
            state += item;
            return true;
        }

        char first = state.Length == 0 ? '-' : state[0];
        state = state.Length == 0 ? state : state[1..];
        return result is null || result == first;
    }
}
