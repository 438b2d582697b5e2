using System.Diagnostics;

namespace RouteTable.Run;

/// <summary>Names the phase in progress, how far it is, and how long it took: a line per phase.</summary>
internal sealed class Progress(TextWriter writer)
{
    /// <summary>Runs a phase.</summary>
    /// <param name="what">What it does.</param>
    /// <param name="phase">The work.</param>
    /// <param name="outcome">Describes its result, in words.</param>
    public T Run<T>(string what, Func<T> phase, Func<T, string> outcome)
    {
        writer.Write($"{what} … ");
        writer.Flush();
        long started = Stopwatch.GetTimestamp();
        string end = "failed";
        try
        {
            T result = phase();
            end = outcome(result);
            return result;
        }
        finally
        {
            writer.WriteLine($"{end} ({Stopwatch.GetElapsedTime(started).TotalSeconds:F2} s)");
        }
    }

    /// <summary>For use inside a phase: names each tenth of the way once.</summary>
    public void Tell(int done, int total)
    {
        if (total >= 100_000 && done > 0 && done % (total / 10) == 0 && done / (total / 10) is int tenths and < 10)
        {
            writer.Write($"{tenths}0% ");
            writer.Flush();
        }
    }
}
