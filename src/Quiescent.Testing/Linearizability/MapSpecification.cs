using System.Globalization;

namespace Quiescent.Testing;

/// <summary>
/// A map of unique keys, each checked alone: <c>ConcurrentDictionary</c> and every map that means the same by the same
/// names. Values are compared with <see cref="EqualityComparer{T}.Default"/>, so that a torn value is found as one that
/// nobody stored.
/// </summary>
/// <remarks>Operations over all keys (<c>Count</c>, <c>Clear</c>, enumeration) and <c>AddOrUpdate</c> are not among
/// those that it knows.</remarks>
/// <typeparam name="TKey">The map's keys.</typeparam>
/// <typeparam name="TValue">The map's values.</typeparam>
public sealed class MapSpecification<TKey, TValue>
    : ISequentialSpecification<TKey, TValue?, MapCall<TKey, TValue>, MapResult<TValue>>
    where TKey : notnull
    where TValue : struct
{
    private readonly IReadOnlyDictionary<TKey, TValue>? _initial;

    /// <summary>The map's content when recording began.</summary>
    /// <param name="initial">Its entries; null: it was empty.</param>
    public MapSpecification(IReadOnlyDictionary<TKey, TValue>? initial = null) => _initial = initial;

    TKey ISequentialSpecification<TKey, TValue?, MapCall<TKey, TValue>, MapResult<TValue>>.GetKey(
        in MapCall<TKey, TValue> call) => call.Key;

    TValue? ISequentialSpecification<TKey, TValue?, MapCall<TKey, TValue>, MapResult<TValue>>.GetInitialState(
        TKey key) => _initial is not null && _initial.TryGetValue(key, out TValue value) ? value : null;

    bool ISequentialSpecification<TKey, TValue?, MapCall<TKey, TValue>, MapResult<TValue>>.TryApply(
        ref TValue? state, in MapCall<TKey, TValue> call, MapResult<TValue>? result)
    {
        TValue? before = state;
        bool success = Apply(ref state, in call);
        if (result is not { } returned)
        {
            return true;
        }

        return call.Method switch
        {
            MapMethod.Set => true,
            MapMethod.GetOrAdd => AreEqual(state.GetValueOrDefault(), returned.Value),
            MapMethod.TryGetValue or MapMethod.TryRemove => success == returned.Success
                && (!success || AreEqual(before.GetValueOrDefault(), returned.Value)),
            _ => success == returned.Success,
        };
    }

    bool ISequentialSpecification<TKey, TValue?, MapCall<TKey, TValue>, MapResult<TValue>>.IsReadOnly(
        in MapCall<TKey, TValue> call, MapResult<TValue> result) => call.Method switch
        {
            MapMethod.TryGetValue or MapMethod.ContainsKey => true,
            MapMethod.Set => false,
            MapMethod.GetOrAdd => !AreEqual(call.Value, result.Value),
            _ => !result.Success,
        };

    string ISequentialSpecification<TKey, TValue?, MapCall<TKey, TValue>, MapResult<TValue>>.Describe(
        in MapCall<TKey, TValue> call, MapResult<TValue>? result)
    {
        string arguments = call.Method switch
        {
            MapMethod.TryAdd or MapMethod.Set or MapMethod.GetOrAdd => Text($"key, {call.Value}"),
            MapMethod.TryUpdate => Text($"key, {call.Value}, {call.Comparand}"),
            MapMethod.TryRemoveItem => Text($"key, {call.Comparand}"),
            _ => "key",
        };
        string shown = $"{call.Method}({arguments})";
        return result is { } returned ? shown + DescribeResult(call.Method, in returned) : shown;
    }

    string ISequentialSpecification<TKey, TValue?, MapCall<TKey, TValue>, MapResult<TValue>>.DescribeState(
        TValue? state) => state is { } value ? Text($"{value}") : "absent";

    private static bool Apply(ref TValue? state, in MapCall<TKey, TValue> call)
    {
        bool isPresent = state.HasValue;
        switch (call.Method)
        {
            case MapMethod.TryGetValue or MapMethod.ContainsKey:
                return isPresent;
            case MapMethod.TryAdd:
                state ??= call.Value;
                return !isPresent;
            case MapMethod.Set:
                state = call.Value;
                return true;
            case MapMethod.GetOrAdd:
                state ??= call.Value;
                return true;
            case MapMethod.TryRemove:
                state = null;
                return isPresent;
            case MapMethod.TryUpdate or MapMethod.TryRemoveItem:
                bool equals = isPresent && AreEqual(state.GetValueOrDefault(), call.Comparand);
                TValue? after = call.Method == MapMethod.TryUpdate ? call.Value : null;
                state = equals ? after : state;
                return equals;
            default:
                throw new InvalidOperationException($"{call.Method} is no operation of a map.");
        }
    }

    private static string DescribeResult(MapMethod method, in MapResult<TValue> result) => method switch
    {
        MapMethod.Set => "",
        MapMethod.GetOrAdd => Text($": {result.Value}"),
        MapMethod.TryGetValue or MapMethod.TryRemove when result.Success => Text($": true, {result.Value}"),
        _ => result.Success ? ": true" : ": false",
    };

    private static bool AreEqual(TValue x, TValue y) => EqualityComparer<TValue>.Default.Equals(x, y);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
