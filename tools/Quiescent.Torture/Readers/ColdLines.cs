using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;

namespace Quiescent.Torture.Readers;

// Memory that is in no cache. A reader dirties some lines of it just before its section, so that the announcement waits
// behind them in the store buffer while the section's loads run ahead: the case that the process-wide barrier exists
// for.
internal sealed unsafe class ColdLines : IDisposable
{
    private const int Bytes = 64 << 20;
    private const int LineBytes = 64;
    private const int LinesAtATime = 6;

    private readonly byte* _lines = (byte*)NativeMemory.AllocZeroed(Bytes);

    public void Dirty(Rng random)
    {
        for (int i = 0; i < LinesAtATime; i++)
        {
            // SAFETY: within the buffer; it does not matter that threads overwrite each other's counts.
            _lines[random.Next(Bytes / LineBytes) * LineBytes]++;
        }
    }

    public void Dispose() => NativeMemory.Free(_lines);
}
