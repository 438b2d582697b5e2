using System.Globalization;
using System.Text.Json;
using Quiescent.Claims.Subject;

// sizes                          the bytes of the machine code that the JIT makes
// time SECONDS                   every way in turn
// count METHODS WORD ROUNDS      rounds of the bare path, to be run under a tool that counts instructions and misses
using Reclaims reclaims = new();
switch (args)
{
    case ["sizes"]:
        Console.WriteLine(JsonSerializer.Serialize(WarmUp.Run(reclaims), AnswersJson.Default.MethodBytesArray));
        return 0;
    case ["time", var seconds]:
        WarmUp.Run(reclaims);
        Timing[] timings = Time(double.Parse(seconds, CultureInfo.InvariantCulture));
        Console.WriteLine(JsonSerializer.Serialize(timings, AnswersJson.Default.TimingArray));
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
    Func<double>[] turns = [.. ways.Select(way => (Func<double>)(() => reclaims.Round(way)))];
    double[][] readings = Rounds.Run(TimeSpan.FromSeconds(seconds), turns);
    return [.. ways.Select((way, i) => new Timing(way, readings[i]))];
}

// Compiles everything and runs it once before the rounds, so that a run without rounds can be subtracted.
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
