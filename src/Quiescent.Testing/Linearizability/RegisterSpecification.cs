using System.Globalization;

namespace Quiescent.Testing;

/// <summary>The operations that <see cref="RegisterSpecification{TValue}"/> knows.</summary>
public enum RegisterMethod
{
    /// <summary>Returns the value.</summary>
    Read,

    /// <summary>Stores a value; its result is not looked at.</summary>
    Write,

    /// <summary>Stores a value and returns the one before.</summary>
    Exchange,

    /// <summary>Stores a value if the one before equals the comparand, and returns the one before.</summary>
    CompareExchange,
}

/// <summary>An operation on a register, with its arguments.</summary>
/// <typeparam name="TValue">What the register holds.</typeparam>
/// <param name="method">Which operation.</param>
/// <param name="value">The value to store, if the operation takes one.</param>
/// <param name="comparand">The value to compare with, if the operation takes one.</param>
public readonly struct RegisterCall<TValue>(RegisterMethod method, TValue value = default, TValue comparand = default)
    where TValue : struct
{
    /// <summary>Which operation.</summary>
    public RegisterMethod Method { get; } = method;

    /// <summary>The value to store, if the operation takes one.</summary>
    public TValue Value { get; } = value;

    /// <summary>The value to compare with, if the operation takes one.</summary>
    public TValue Comparand { get; } = comparand;
}

/// <summary>One place that is read and written: a field, a cell, a published struct. Values are compared with
/// <see cref="EqualityComparer{T}.Default"/>.</summary>
/// <typeparam name="TValue">What the register holds.</typeparam>
public sealed class RegisterSpecification<TValue> : ISequentialSpecification<int, TValue, RegisterCall<TValue>, TValue>
    where TValue : struct
{
    private readonly TValue _initial;

    /// <summary>The register's value when recording began.</summary>
    /// <param name="initial">The value.</param>
    public RegisterSpecification(TValue initial = default) => _initial = initial;

    int ISequentialSpecification<int, TValue, RegisterCall<TValue>, TValue>.GetKey(in RegisterCall<TValue> call) => 0;

    TValue ISequentialSpecification<int, TValue, RegisterCall<TValue>, TValue>.GetInitialState(int key) => _initial;

    bool ISequentialSpecification<int, TValue, RegisterCall<TValue>, TValue>.TryApply(
        ref TValue state, in RegisterCall<TValue> call, TValue? result)
    {
        TValue before = state;
        bool stores = call.Method switch
        {
            RegisterMethod.Read => false,
            RegisterMethod.Write or RegisterMethod.Exchange => true,
            RegisterMethod.CompareExchange => AreEqual(before, call.Comparand),
            _ => throw new InvalidOperationException($"{call.Method} is no operation of a register."),
        };
        state = stores ? call.Value : before;
        return call.Method == RegisterMethod.Write || result is not { } returned || AreEqual(before, returned);
    }

    bool ISequentialSpecification<int, TValue, RegisterCall<TValue>, TValue>.IsReadOnly(
        in RegisterCall<TValue> call, TValue result) => call.Method switch
        {
            RegisterMethod.Read => true,
            RegisterMethod.CompareExchange => !AreEqual(result, call.Comparand),
            _ => false,
        };

    string ISequentialSpecification<int, TValue, RegisterCall<TValue>, TValue>.Describe(
        in RegisterCall<TValue> call, TValue? result)
    {
        FormattableString arguments = call.Method switch
        {
            RegisterMethod.Read => $"",
            RegisterMethod.CompareExchange => $"{call.Value}, {call.Comparand}",
            _ => $"{call.Value}",
        };
        string shown = $"{call.Method}({arguments.ToString(CultureInfo.InvariantCulture)})";
        return result is { } returned && call.Method != RegisterMethod.Write
            ? string.Create(CultureInfo.InvariantCulture, $"{shown}: {returned}")
            : shown;
    }

    private static bool AreEqual(TValue x, TValue y) => EqualityComparer<TValue>.Default.Equals(x, y);
}
