namespace Quiescent.Testing.Tests.Linearizability;

/// <summary>Another specification, with a key and a hint that a test chooses.</summary>
internal sealed class DelegatingSpecification<TState, TCall, TResult>(
    ISequentialSpecification<int, TState, TCall, TResult> inner)
    : ISequentialSpecification<int, TState, TCall, TResult>
    where TCall : struct
    where TResult : struct
{
    /// <summary>Runs whenever the check asks for a call's key: while it gathers what was recorded.</summary>
    public Action<TCall> OnGetKey { get; init; } = _ => { };

    public bool SaysReadOnly { get; init; }

    /// <summary>How often the check has asked what an operation does.</summary>
    public long Applied { get; private set; }

    public int GetKey(in TCall call)
    {
        OnGetKey(call);
        return inner.GetKey(in call);
    }

    public TState GetInitialState(int key) => inner.GetInitialState(key);

    public bool TryApply(ref TState state, in TCall call, TResult? result)
    {
        Applied++;
        return inner.TryApply(ref state, in call, result);
    }

    public bool IsReadOnly(in TCall call, TResult result) => SaysReadOnly;
}
