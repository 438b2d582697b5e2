using Quiescent.Codegen.Listings;

namespace Quiescent.Codegen.Tests;

// Recorded disassemblies of the probes that pass all rules, and changes to them.
internal static class Recorded
{
    public static string Arm64 => Read("arm64");

    public static string X64 => Read("x64");

    /// <summary>What the rules find wrong with one method's code.</summary>
    public static IReadOnlyList<string> Faults(string listing, string of) =>
        Verdict.Of(ObjdumpListing.Parse(listing)).Single(verdict => verdict.Method == of).Faults;

    /// <summary>Replaces the first instruction in the method that reads so; "" drops it.</summary>
    public static string Replace(this string listing, string method, string instruction, string replacement)
    {
        List<string> lines = [.. listing.Split('\n')];
        int line = Find(lines, method, instruction);
        if (replacement.Length == 0)
        {
            lines.RemoveAt(line);
        }
        else
        {
            lines[line] = $"{lines[line].Split(':')[0]}:\t{replacement}";
        }

        return string.Join('\n', lines);
    }

    /// <summary>Moves the first instruction in the method that reads so behind another, whose label it takes.</summary>
    public static string MoveBehind(this string listing, string method, string instruction, string other)
    {
        List<string> lines = [.. listing.Split('\n')];
        int from = Find(lines, method, instruction);
        int to = Find(lines, method, other);
        string[] parts = lines[to].Split(':', 2);

        // The place it leaves keeps its address, because jumps may lead there.
        lines.Insert(to + 1, $"{parts[0]}:{lines[from].Split(':', 2)[1]}");
        lines[from] = $"{lines[from].Split(':')[0]}:\tnop";
        lines[to] = $"{parts[0]}:{parts[1]}";
        return string.Join('\n', lines);
    }

    private static int Find(List<string> lines, string method, string instruction)
    {
        int begin = lines.FindIndex(line => line.EndsWith($"{method}>:", StringComparison.Ordinal));
        Assert.True(begin >= 0, $"The recording has no {method}.");
        int found = lines.FindIndex(begin, line => Normal(line).EndsWith(": " + instruction, StringComparison.Ordinal));
        int end = lines.FindIndex(begin + 1, line => line.EndsWith(">:", StringComparison.Ordinal));
        Assert.True(found >= 0 && (end < 0 || found < end), $"The recording of {method} has no '{instruction}'.");
        return found;
    }

    private static string Normal(string line) =>
        string.Join(' ', line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));

    private static string Read(string name)
    {
        using StreamReader reader = new(typeof(Recorded).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
