using System.Globalization;

namespace Quiescent.Scale.Workloads.Maps;

// How many entries a map has, and what figures with that size are called.
internal sealed record MapSize(string Id, long Entries)
{
    // Fills the machine's memory if more than one is alive, and takes seconds to fill.
    private const long Large = 4_000_000;

    public static readonly MapSize Thousand = Parse("1K");
    public static readonly MapSize Million = Parse("1M");
    public static readonly MapSize TwentyMillion = Parse("20M");

    /// <summary>The size of that name: a number, with K or M for thousands or millions.</summary>
    public static MapSize Parse(string id) => new(id, id[^1] switch
    {
        'K' => 1_000 * Number(id[..^1]),
        'M' => 1_000_000 * Number(id[..^1]),
        _ => Number(id),
    });

    public bool IsLarge => Entries > Large;

    /// <summary>About how long it takes to fill a map.</summary>
    public TimeSpan FillTime => TimeSpan.FromMicroseconds(0.6 * Entries);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
