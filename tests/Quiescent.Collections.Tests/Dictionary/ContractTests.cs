using System.Collections;
using System.Collections.Concurrent;
using Quiescent.Collections.Tests.Support;

namespace Quiescent.Collections.Tests.Dictionary;

// The members that ConcurrentDictionary has too, one by one: each is asked of both, and has to answer alike or throw
// alike. Fault caught: a member that differs in what it returns, changes or refuses.
public sealed class ContractTests
{
    private static readonly Func<long, long> s_noAdd = null!;
    private static readonly Func<long, long, long> s_noUpdate = null!;

    [Fact]
    public void A_program_of_ConcurrentDictionary_reports_the_same_when_the_type_is_renamed()
    {
        List<string> expected = ConcurrentDictionaryProgram.Run();
        Assert.InRange(expected.Count, 9_000, 20_000);
        Assert.Equal(expected, RcuDictionaryProgram.Run());
        Assert.True(typeof(RcuDictionaryProgram) != typeof(ConcurrentDictionaryProgram));
    }

    [Fact]
    public void An_absent_key_is_absent_for_every_member()
    {
        Alike(static map => map[7]);
        Alike(static map => map.TryGetValue(7, out long value) ? 1 : value);
        Alike(static map => map.ContainsKey(7));
        Alike(static map => map.Remove(7));
        Alike(static map => map.Contains(KeyValuePair.Create(7L, 0L)));
        Alike(static map => map.Remove(KeyValuePair.Create(7L, 0L)));
        using RcuDictionary<long, long> map = new();
        Assert.False(map.TryUpdate(7, 1, 0));
        Assert.False(map.TryRemove(7, out long removed));
        Assert.Equal(0, removed);
        Assert.True(map.IsEmpty);
        Books.Balance(map);
    }

    [Fact]
    public void The_key_that_is_missing_stands_in_the_message()
    {
        using RcuDictionary<long, long> map = new();
        KeyNotFoundException e = Assert.Throws<KeyNotFoundException>(() => map[4_711]);
        Assert.Contains("4711", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_there_is_not_added_again()
    {
        Alike(static map =>
        {
            map.Add(1, 10);
            map.Add(1, 11);
            return null;
        });
        Alike(static map =>
        {
            map.Add(KeyValuePair.Create(1L, 10L));
            map.Add(KeyValuePair.Create(1L, 11L));
            return null;
        });
        Alike(static map =>
        {
            map.Add(1, 10);
            Record.Exception(() => map.Add(1, 11));
            return map[1];
        });
    }

    [Fact]
    public void Pairs_are_found_and_removed_by_key_and_value()
    {
        Alike(static map =>
        {
            map.Add(1, 10);
            return (
                map.Contains(KeyValuePair.Create(1L, 11L)),
                map.Remove(KeyValuePair.Create(1L, 11L)),
                map.Contains(KeyValuePair.Create(1L, 10L)),
                map.Remove(KeyValuePair.Create(1L, 10L)),
                map.Count,
                map.IsReadOnly);
        });
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(2, 5)]
    [InlineData(0, 2)]
    [InlineData(1, 3)]
    [InlineData(4, 3)]
    [InlineData(-1, 5)]
    [InlineData(0, -1)]
    public void Copies_go_where_they_have_room(int index, int length) => Alike(map =>
    {
        map.Add(1, 10);
        map.Add(2, 20);
        map.Add(3, 30);
        KeyValuePair<long, long>[] into = length < 0 ? null! : new KeyValuePair<long, long>[length];
        map.CopyTo(into, index);
        return string.Join(' ', into.OrderBy(static item => item.Key));
    });

    [Fact]
    public void Keys_and_values_are_copies_that_cannot_be_changed()
    {
        Alike(static map =>
        {
            map.Add(1, 10);
            map.Add(2, 20);
            (ICollection<long> keys, ICollection<long> values) = (map.Keys, map.Values);
            map.Remove(1);
            map.Add(3, 30);
            return (
                string.Join(' ', keys.Order()),
                string.Join(' ', values.Order()),
                keys.IsReadOnly,
                Record.Exception(() => keys.Add(4))?.GetType(),
                Record.Exception(values.Clear)?.GetType(),
                keys.Count);
        });
    }

    [Fact]
    public void The_array_is_a_copy()
    {
        using RcuDictionary<long, long> map = new() { [1] = 10 };
        KeyValuePair<long, long>[] array = map.ToArray();
        array[0] = default;
        map.TryAdd(2, 20);
        Assert.Single(array);
        Assert.Equal(10, map[1]);
        Assert.Equal(2, map.ToArray().Length);
        IReadOnlyDictionary<long, long> readable = map;
        Assert.Equal([1, 2], readable.Keys.Order());
        Assert.Equal([10, 20], readable.Values.Order());
    }

    [Fact]
    public void Enumerators_go_once_and_know_both_interfaces()
    {
        using RcuDictionary<long, long> map = new();
        Assert.False(map.GetEnumerator().MoveNext());
        map.TryAdd(1, 10);
        IEnumerator plain = ((IEnumerable)map).GetEnumerator();
        Assert.True(plain.MoveNext());
        Assert.Equal(KeyValuePair.Create(1L, 10L), plain.Current);
        Assert.False(plain.MoveNext());
        Assert.False(plain.MoveNext());
    }

    [Fact]
    public void A_missing_factory_is_refused_also_where_it_would_not_be_called()
    {
        using RcuDictionary<long, long> map = new() { [1] = 10 };
        Refuses("valueFactory", () => map.GetOrAdd(1, s_noAdd));
        Refuses("valueFactory", () => map.GetOrAdd<int>(1, null!, 0));
        Refuses("updateValueFactory", () => map.AddOrUpdate(2, 0, s_noUpdate));
        Refuses("addValueFactory", () => map.AddOrUpdate(1, s_noAdd, static (_, old) => old));
        Refuses("updateValueFactory", () => map.AddOrUpdate(2, static key => key, s_noUpdate));
        Refuses("addValueFactory", () => map.AddOrUpdate<int>(1, null!, static (_, old, _) => old, 0));
        Refuses("updateValueFactory", () => map.AddOrUpdate(2, static (key, _) => key, null!, 0));
        Assert.Equal([KeyValuePair.Create(1L, 10L)], map);
    }

    // Fault caught: a factory that runs under the chain's lock (it would hang here), inside a section, or whose failure
    // leaves half an entry.
    [Fact]
    public void Factories_run_in_no_section_and_may_use_the_map_or_throw()
    {
        using RcuDomain domain = new();
        using RcuDictionary<long, long> map = new(new RcuCollectionOptions { Domain = domain });
        Assert.Equal(3, map.GetOrAdd(1, key =>
        {
            Assert.False(domain.IsReadLockHeld);
            map[key] = 3;
            return 4;
        }));
        Assert.Equal(6, map.AddOrUpdate(1, 0, (key, old) =>
        {
            Assert.False(domain.IsReadLockHeld);
            map[key] = old < 5 ? 5 : old;
            return old + 1;
        }));
        Assert.Throws<TimeoutException>(() => map.GetOrAdd(2, static _ => throw new TimeoutException()));
        Assert.Throws<TimeoutException>(() => map.AddOrUpdate(1, 0, static (_, _) => throw new TimeoutException()));
        Assert.Throws<TimeoutException>(() => map.AddOrUpdate(
            2, static _ => throw new TimeoutException(), static (_, old) => old));
        Assert.Equal([KeyValuePair.Create(1L, 6L)], map);
        Books.Balance(map);
    }

    [Fact]
    public void Spans_go_through_to_factories()
    {
        using RcuDictionary<long, long> map = new();
        ReadOnlySpan<char> digits = "42";
        Assert.Equal(42, map.GetOrAdd(1, static (_, text) => Parse(text), digits));
        Assert.Equal(84, map.AddOrUpdate(
            1, static (_, text) => Parse(text), static (_, old, text) => old + Parse(text), digits));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1_000)]
    public void Batches_find_what_single_look_ups_find(int length)
    {
        using RcuDomain domain = new();
        using RcuDictionary<long, Quote> map = new(new RcuCollectionOptions { Domain = domain });
        for (long key = 0; key < length; key += 2)
        {
            map[key] = new Quote(key, 1, 2);
        }

        long[] keys = [.. Enumerable.Range(0, length).Select(static key => (long)key)];
        Quote[] values = [.. Enumerable.Repeat(new Quote(-1, -1, -1), length + 1)];
        bool[] found = new bool[length + 1];
        Assert.Equal((length + 1) / 2, map.GetValues(keys, values, found));
        foreach (long key in keys)
        {
            Assert.Equal(map.TryGetValue(key, out Quote value), found[key]);
            Assert.Equal(value, values[key]);
        }

        Assert.Equal(new Quote(-1, -1, -1), values[length]);
        if (length != 0)
        {
            Assert.Throws<ArgumentException>(() => map.GetValues(keys, values.AsSpan(1, length - 1), found));
            Assert.Throws<ArgumentException>(() => map.GetValues(keys, values, found.AsSpan(1, length - 1)));
        }
    }

    [Fact]
    public void A_look_up_of_several_keys_shows_values_in_place_and_refuses_more_than_it_holds()
    {
        using RcuDomain domain = new();
        using RcuDictionary<long, long> map = new(new RcuCollectionOptions { Domain = domain }) { [3] = 30, [4] = 40 };
        using ReadGuard guard = domain.ReadLock();
        FoundValues<long> values = map.FindAll(in guard, [3, 5, 4]);
        Assert.Equal(3, values.Count);
        Assert.Equal(30, values[0]);
        Assert.True(Rcu.IsNull(in values[1]));
        Assert.Equal(40, values[2]);
        bool isRefused = false;
        foreach (int index in (ReadOnlySpan<int>)[-1, 3, 16])
        {
            try
            {
                _ = values[index];
                Assert.Fail($"There is a value {index}.");
            }
            catch (ArgumentOutOfRangeException)
            {
            }
        }

        try
        {
            map.FindAll(in guard, new long[FoundValues<long>.Capacity + 1]);
        }
        catch (ArgumentException)
        {
            isRefused = true;
        }

        Assert.True(isRefused);
        Assert.Equal(16, map.FindAll(in guard, new long[16]).Count);
    }

    [Fact]
    public void Options_are_validated()
    {
        Assert.Throws<ArgumentException>(() => new RcuDictionary<int, int>(new RcuCollectionOptions { Name = " " }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new RcuDictionary<int, int>(new RcuCollectionOptions { Capacity = -1 }));
        RcuDomain domain = new();
        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(
            () => new RcuDictionary<int, int>(new RcuCollectionOptions { Domain = domain }));
    }

    // Fault caught: segments of a map with room that have no place in the directory, or the wrong range.
    [Theory]
    [InlineData(1)]
    [InlineData(2_047)]
    [InlineData(2_048)]
    [InlineData(100_000)]
    public void A_map_with_room_does_not_split_on_its_way_there(int capacity)
    {
        using RcuDictionary<long, long> map = new(new RcuCollectionOptions { Capacity = capacity });
        for (long key = 0; key < capacity; key++)
        {
            Assert.True(map.TryAdd(key, ~key));
        }

        Assert.Equal(capacity, map.Count);
        Assert.Equal(capacity, map.Keys.Distinct().Count());
        Assert.InRange(map.GetStatistics().Splits, 0, capacity / 4_096);
        Books.Balance(map);
    }

    private static long Parse(ReadOnlySpan<char> text) =>
        long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static void Refuses(string parameter, Action action) =>
        Assert.Equal(parameter, Assert.Throws<ArgumentNullException>(action).ParamName);

    private static void Alike(Func<IDictionary<long, long>, object?> action)
    {
        using RcuDictionary<long, long> map = new();
        ConcurrentDictionary<long, long> reference = new();
        Assert.Equal(Outcome(reference, action), Outcome(map, action));
        Assert.Equal(reference.OrderBy(static item => item.Key), map.OrderBy(static item => item.Key));
        Books.Balance(map);
    }

    private static object? Outcome(IDictionary<long, long> map, Func<IDictionary<long, long>, object?> action)
    {
        try
        {
            return action(map);
        }
#pragma warning disable CA1031 // Whatever it is, both have to throw it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e.GetType();
        }
    }
}
