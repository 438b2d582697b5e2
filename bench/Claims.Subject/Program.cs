using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Quiescent.Claims.Subject;

// sizes                          the bytes of machine code that the JIT makes
// time SECONDS                   every way in turn
// count METHODS WORD ROUNDS      rounds of the bare path, for whoever counts instructions and misses
const int FewestRounds = 5;

using Reclaims reclaims = new();
switch (args)
{
    case ["sizes"]:
        Console.WriteLine(JsonSerializer.Serialize(WarmUp.Run(reclaims), AnswersJson.Default.MethodBytesArray));
        return 0;
    case ["time", var seconds]:
        WarmUp.Run(reclaims);
        Console.WriteLine(JsonSerializer.Serialize(Time(double.Parse(seconds, CultureInfo.InvariantCulture)), AnswersJson.Default.TimingArray));
        return 0;
    case ["count", var methods, var word, var rounds]:
        Count(
            new Way(ReclaimPath.Bare, int.Parse(methods, CultureInfo.InvariantCulture), Enum.Parse<Word>(word)),
            int.Parse(rounds, CultureInfo.InvariantCulture));
        return 0;
    default:
        Console.Error.WriteLine("usage: sizes | time SECONDS | count METHODS WORD ROUNDS");
        return 2;
}

Timing[] Time(double seconds)
{
    Way[] ways = [.. Way.All];
    List<double>[] results = [.. ways.Select(_ => new List<double>())];
    Stopwatch watch = Stopwatch.StartNew();
    while (watch.Elapsed.TotalSeconds < seconds || results[0].Count < FewestRounds)
    {
        for (int i = 0; i < ways.Length; i++)
        {
            results[i].Add(reclaims.Round(ways[i]));
        }
    }

    return [.. ways.Select((way, i) => new Timing(way.Path, way.Methods, way.Word, [.. results[i]]))];
}

// Everything is compiled and has run before the rounds, whichever way they go, so that a run without rounds can be
// subtracted.
void Count(Way way, int rounds)
{
    foreach (Word word in Enum.GetValues<Word>())
    {
        reclaims.Round(new Way(ReclaimPath.Bare, HandWritten.Count, word));
    }

    for (int i = 0; i < rounds; i++)
    {
        reclaims.Round(way);
    }
}
