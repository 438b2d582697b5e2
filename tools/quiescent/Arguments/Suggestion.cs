namespace Quiescent.Tool.Arguments;

// The known name that a mistyped one most likely stands for.
internal static class Suggestion
{
    /// <summary>" Did you mean 'torture'?", or nothing if no name is near.</summary>
    public static string For(string typed, IEnumerable<string> known) =>
        Nearest(typed, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    /// <summary>The name that the typed text begins, else the one with the fewest mistakes; null if all are too
    /// far.</summary>
    public static string? Nearest(string typed, IEnumerable<string> known)
    {
        (string Name, int Distance)[] near =
        [
            .. from name in known
               let distance = Distance(typed.ToUpperInvariant(), name.ToUpperInvariant())
               where distance <= MostMistakes(typed) || IsBeginning(typed, name)
               orderby IsBeginning(typed, name) ? 0 : 1, distance
               select (name, distance),
        ];
        return near.Length == 0 ? null : near[0].Name;
    }

    private static bool IsBeginning(string typed, string name) =>
        typed.TrimStart('-').Length > 1 && name.StartsWith(typed, StringComparison.OrdinalIgnoreCase);

    private static int MostMistakes(string typed) => typed.TrimStart('-').Length / 3 + 1;

    // Letters to insert, remove, replace or swap with their neighbour (Damerau and Levenshtein).
    private static int Distance(string from, string to)
    {
        int[,] distances = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                distances[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(distances[i - 1, j], distances[i, j - 1]) + 1,
                    distances[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    distances[i, j] = Math.Min(distances[i, j], distances[i - 2, j - 2] + 1);
                }
            }
        }

        return distances[from.Length, to.Length];
    }
}
