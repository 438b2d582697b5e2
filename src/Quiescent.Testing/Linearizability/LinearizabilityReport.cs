namespace Quiescent.Testing;

/// <summary>Whether concurrent operations could have happened one after another.</summary>
public enum LinearizabilityVerdict
{
    /// <summary>The operations on each key have a legal order.</summary>
    Linearizable,

    /// <summary>Those on one key have none.</summary>
    NotLinearizable,

    /// <summary>The search for an order took too long for at least one key. All others have one.</summary>
    GaveUp,
}

/// <summary>What <see cref="HistoryRecorder{TCall, TResult}.Check"/> found.</summary>
public sealed class LinearizabilityReport
{
    private readonly string _text;

    internal LinearizabilityReport(
        LinearizabilityVerdict verdict, int operationCount, int keyCount, object? key, string text)
    {
        Verdict = verdict;
        OperationCount = operationCount;
        KeyCount = keyCount;
        Key = key;
        _text = text;
    }

    /// <summary>The verdict.</summary>
    public LinearizabilityVerdict Verdict { get; }

    /// <summary>How many operations were recorded.</summary>
    public int OperationCount { get; }

    /// <summary>How many keys they are about.</summary>
    public int KeyCount { get; }

    /// <summary>The key that has no order, or the first one that was given up. Null if all have one.</summary>
    public object? Key { get; }

    /// <summary>The report for people: if there is no order, the key, the state and the few operations after it that
    /// have none, drawn over time. No line is longer than 80 columns.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => _text;
}
