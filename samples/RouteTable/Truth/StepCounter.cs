using System.Runtime.InteropServices;

namespace RouteTable.Truth;

/// <summary>
/// The updater's announcement of where it is: 2n when it rests after n steps, 2n + 1 while step n + 1 is under way.
/// Readers take no lock and make the updater wait for nothing: they only learn between which steps their look-up lay.
/// </summary>
/// <remarks>
/// <b>Why the window is right.</b> (1) The reader loads <see cref="Finished"/> (acquire) before its look-up: the
/// updater stored it (release) after the step's publication, so the look-up sees every step up to it. (2) The reader
/// loads <see cref="Started"/> after its look-up, behind a load barrier: the updater stored it before the step's
/// publication (release), so a look-up that saw anything of a step also sees that it started. The answer is therefore
/// of a moment between both.
/// </remarks>
internal sealed class StepCounter
{
    private Line _line;

    // Two cache lines of distance to both sides: the word is written hundreds of thousands of times a second.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Line
    {
        [FieldOffset(128)]
        public long Word;
    }

    /// <summary>Steps that were complete at the time of the call, or before. For a reader about to look up.</summary>
    public long Finished => Volatile.Read(ref _line.Word) >> 1;

    /// <summary>
    /// Steps that had begun when the caller's previous loads were done. For a reader that has looked up.
    /// </summary>
    public long Started
    {
        get
        {
            Volatile.ReadBarrier();
            return (Volatile.Read(ref _line.Word) + 1) >> 1;
        }
    }

    public void Begin() => Volatile.Write(ref _line.Word, _line.Word + 1);

    public void End() => Volatile.Write(ref _line.Word, _line.Word + 1);
}
