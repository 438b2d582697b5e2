using System.Collections.Concurrent;

namespace Quiescent.Testing.Tests.Linearizability;

/// <summary>Carries a recorded operation out on a concurrent dictionary.</summary>
internal static class MapProgram
{
    public static MapMethod[] Methods { get; } = Enum.GetValues<MapMethod>();

    public static MapResult<TValue> Apply<TValue>(ConcurrentDictionary<int, TValue> map, MapCall<int, TValue> call)
        where TValue : struct
    {
        switch (call.Method)
        {
            case MapMethod.TryGetValue:
                return new(map.TryGetValue(call.Key, out TValue found), found);
            case MapMethod.ContainsKey:
                return new(map.ContainsKey(call.Key));
            case MapMethod.TryAdd:
                return new(map.TryAdd(call.Key, call.Value));
            case MapMethod.Set:
                map[call.Key] = call.Value;
                return default;
            case MapMethod.TryUpdate:
                return new(map.TryUpdate(call.Key, call.Value, call.Comparand));
            case MapMethod.TryRemove:
                return new(map.TryRemove(call.Key, out TValue removed), removed);
            case MapMethod.TryRemoveItem:
                return new(map.TryRemove(new KeyValuePair<int, TValue>(call.Key, call.Comparand)));
            case MapMethod.GetOrAdd:
                return new(false, map.GetOrAdd(call.Key, call.Value));
            default:
                throw new InvalidOperationException($"{call.Method}");
        }
    }
}
