using System.Net;
using System.Text;

namespace MappedCatalog.Load;

/// <summary>Lines that are sent one by one with a pause after each, as by a client on a bad network.</summary>
/// <param name="lines">What to send.</param>
/// <param name="pause">After each line.</param>
/// <param name="hurry">Ends the pauses; what is left is sent at once.</param>
internal sealed class SlowContent(IReadOnlyList<string> lines, TimeSpan pause, CancellationToken hurry) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        foreach (string line in lines)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(line + '\n'), CancellationToken.None);
            await stream.FlushAsync(CancellationToken.None);
            await Task.Delay(pause, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
