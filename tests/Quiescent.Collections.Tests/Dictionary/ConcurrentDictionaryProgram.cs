using System.Collections.Concurrent;
using Quiescent.Collections.Tests.Support;

namespace Quiescent.Collections.Tests.Dictionary;

// A program as it may stand in front of its author when he tries this package. The project compiles it a second time,
// with the type's name changed and nothing else: it must compile, and report the same.
internal static class ConcurrentDictionaryProgram
{
    /// <summary>What the program has seen, line by line.</summary>
    public static List<string> Run()
    {
        List<string> lines = [];
        ConcurrentDictionary<long, Quote> quotes = new();
        Fill(quotes, lines);
        Update(quotes, lines);
        Show(quotes, lines);
        Sum(quotes, lines);
        Empty(quotes, lines);
        return lines;
    }

    private static void Fill(ConcurrentDictionary<long, Quote> quotes, List<string> lines)
    {
        lines.Add($"empty: {quotes.IsEmpty}, {quotes.Count}");
        for (long key = -50; key < 2_000; key++)
        {
            bool isAdded = quotes.TryAdd(key, Make(key));
            if (!isAdded || quotes.TryAdd(key, default))
            {
                lines.Add($"{key} was added {(isAdded ? "twice" : "never")}");
            }
        }

        quotes[long.MinValue] = Make(1);
        quotes[long.MaxValue] = Make(2);
        quotes[long.MaxValue] = Make(3);
        lines.Add($"filled: {quotes.IsEmpty}, {quotes.Count}, {quotes[long.MaxValue]}");
    }

    private static void Update(ConcurrentDictionary<long, Quote> quotes, List<string> lines)
    {
        Random random = new(1);
        for (int i = 0; i < 3_000; i++)
        {
            long key = random.Next(-100, 2_100);
            Quote quote = Make(random.Next());
            bool isFound = quotes.TryGetValue(key, out Quote old);
            lines.Add((i % 9) switch
            {
                0 => $"{quotes.TryRemove(key, out Quote removed)}, {removed}",
                1 => $"{quotes.TryRemove(new KeyValuePair<long, Quote>(key, old))}",
                2 => $"{quotes.TryRemove(KeyValuePair.Create(key, quote))}",
                3 => $"{quotes.TryUpdate(key, quote, old)}, {quotes.TryUpdate(key, old, old)}",
                4 => $"{quotes.GetOrAdd(key, quote)}",
                5 => $"{quotes.GetOrAdd(key, Make)}, {quotes.GetOrAdd(key, (_, made) => made, quote)}",
                6 => $"{quotes.AddOrUpdate(key, quote, (_, found) => found with { Size = found.Size + 1 })}",
                7 => $"{quotes.AddOrUpdate(key, Make, (same, found) => found with { Price = same })}",
                _ => $"{quotes.AddOrUpdate(key, (_, made) => made, (_, found, made) => Mix(found, made), quote)}",
            });
            lines.Add($"{isFound}, {old}, {quotes.ContainsKey(key)}, {quotes.Count}");
        }
    }

    private static void Show(ConcurrentDictionary<long, Quote> quotes, List<string> lines)
    {
        List<KeyValuePair<long, Quote>> seen = [];
        foreach (KeyValuePair<long, Quote> item in quotes)
        {
            seen.Add(item);
        }

        lines.AddRange(seen.OrderBy(item => item.Key).Select(item => $"{item}"));
        lines.AddRange(quotes.ToArray().OrderBy(item => item.Key).Select(item => $"{item}"));
        lines.Add(string.Join(' ', quotes.Keys.Order()));
        lines.Add(string.Join(' ', quotes.Values.OrderBy(item => item.Price).ThenBy(item => item.Size)));
        try
        {
            lines.Add($"{quotes[-5_000]}");
        }
        catch (KeyNotFoundException)
        {
            lines.Add("no such key");
        }

        IDictionary<long, Quote> general = quotes;
        IReadOnlyDictionary<long, Quote> readable = quotes;
        lines.Add($"{general.IsReadOnly}, {general.Remove(-5_000)}, {readable.Count}, {readable.Values.Count()}");
    }

    private static void Sum(ConcurrentDictionary<long, Quote> quotes, List<string> lines)
    {
        Thread[] threads = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 3_000; i++)
            {
                quotes.AddOrUpdate(i % 7, Make(0), (_, quote) => quote with { Size = quote.Size + 1 });
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        lines.AddRange(Enumerable.Range(0, 7).Select(key => $"{quotes[key].Size}"));
    }

    private static void Empty(ConcurrentDictionary<long, Quote> quotes, List<string> lines)
    {
        quotes.Clear();
        lines.Add(
            $"{quotes.IsEmpty}, {quotes.Count}, {quotes.Keys.Count}, {quotes.Values.Count}, {quotes.ToArray().Length}");
    }

    private static Quote Mix(Quote quote, Quote another) => quote with { Venue = another.Venue };

    private static Quote Make(long key) => new(key * 3, (int)key, (short)(key % 11));
}
