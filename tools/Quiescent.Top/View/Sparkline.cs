namespace Quiescent.Top.View;

// Samples as bars; if there are more samples than columns, a bar shows the highest of its samples. The highest sample
// has the highest bar, and only zero has the lowest.
internal static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    public static string Of(IReadOnlyList<long> samples, int width)
    {
        int bars = Math.Clamp(samples.Count, 0, Math.Max(width, 0));
        long highest = samples.DefaultIfEmpty().Max();
        return string.Create(bars, (samples, highest), static (text, state) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                int from = (int)((long)i * state.samples.Count / text.Length);
                int to = (int)((i + 1L) * state.samples.Count / text.Length);
                text[i] = Bar(state.samples.Skip(from).Take(to - from).Max(), state.highest);
            }
        });
    }

    private static char Bar(long sample, long highest) =>
        sample <= 0
            ? Bars[0]
            : Bars[Math.Clamp((int)Math.Ceiling((double)sample / highest * (Bars.Length - 1)), 1, Bars.Length - 1)];
}
