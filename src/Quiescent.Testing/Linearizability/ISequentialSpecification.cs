using System.Globalization;

namespace Quiescent.Testing;

/// <summary>
/// What a structure does when one thread uses it alone. <see cref="HistoryRecorder{TCall, TResult}.Check"/> asks it
/// whether concurrent operations could have happened one after another.
/// </summary>
/// <remarks>
/// <para>Keys cut a history: operations on one key neither see nor change the state of another, so that each key is
/// checked alone. A structure without keys returns the same key for all calls.</para>
/// <para>The check copies a state by assignment and compares states with <see cref="EqualityComparer{T}.Default"/>. So
/// a state is a struct or an immutable object. Without an equality of its own it works and takes longer.</para>
/// <code>
/// internal sealed class CounterSpecification : ISequentialSpecification&lt;int, long, Add, long&gt;
/// {
///     public int GetKey(in Add call) =&gt; 0;
///     public long GetInitialState(int key) =&gt; 0;
///     public bool TryApply(ref long state, in Add call, long? result)
///     {
///         state += call.Amount;
///         return result is null || result == state;
///     }
/// }
/// </code>
/// </remarks>
/// <typeparam name="TKey">The part of the structure that an operation is about.</typeparam>
/// <typeparam name="TState">What is there under one key.</typeparam>
/// <typeparam name="TCall">An operation with its arguments.</typeparam>
/// <typeparam name="TResult">What an operation returned.</typeparam>
public interface ISequentialSpecification<TKey, TState, TCall, TResult>
    where TKey : notnull
    where TCall : struct
    where TResult : struct
{
    /// <summary>The key that the operation is about.</summary>
    /// <param name="call">The operation.</param>
    /// <returns>The key. Keys are compared with <see cref="EqualityComparer{T}.Default"/>.</returns>
    TKey GetKey(in TCall call);

    /// <summary>What was there under the key when recording began.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The state.</returns>
    TState GetInitialState(TKey key);

    /// <summary>Carries the operation out, alone.</summary>
    /// <param name="state">The state before; becomes the state after. If the method returns false, its value is not
    /// used. The objects that it refers to stay as they are.</param>
    /// <param name="call">The operation.</param>
    /// <param name="result">What it returned. Null: it has not returned, so any result is possible.</param>
    /// <returns>Whether the operation, on this state, returns this result.</returns>
    bool TryApply(ref TState state, in TCall call, TResult? result);

    /// <summary>Whether the operation, with this result, is legal only in states that it leaves as they are: a look-up,
    /// or an update that failed. The check is right if this is always false; where look-ups overlap, it is much faster
    /// if they are known.</summary>
    /// <param name="call">The operation.</param>
    /// <param name="result">What it returned.</param>
    /// <returns>Whether it is known to change nothing.</returns>
    bool IsReadOnly(in TCall call, TResult result) => false;

    /// <summary>The operation as a report shows it.</summary>
    /// <param name="call">The operation.</param>
    /// <param name="result">What it returned; null if it has not.</param>
    /// <returns>One line. If it is not given: both values, by their <c>ToString</c>.</returns>
    string Describe(in TCall call, TResult? result) => result is null
        ? string.Create(CultureInfo.InvariantCulture, $"{call}")
        : string.Create(CultureInfo.InvariantCulture, $"{call}: {result}");

    /// <summary>The state as a report shows it.</summary>
    /// <param name="state">The state.</param>
    /// <returns>One line. If it is not given: the state's <c>ToString</c>.</returns>
    string DescribeState(TState state) => string.Create(CultureInfo.InvariantCulture, $"{state}");
}
