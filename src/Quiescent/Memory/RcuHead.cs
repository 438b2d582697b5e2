using System.Runtime.InteropServices;

namespace Quiescent;

/// <summary>
/// What a block embeds to be queued without memory (<c>struct rcu_head</c>): two words, the library's while it is
/// queued.
/// </summary>
/// <remarks>
/// <b>Safety.</b> It lies in unmanaged memory, aligned to a word, and is neither moved, written nor queued again until
/// it has been reclaimed.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct RcuHead
{
    // The head queued before this one by the same thread: Callbacks/HeadQueue.cs.
    internal RcuHead* Next;

    // A function, or an offset: Callbacks/HeadWord.cs.
    internal nint Word;
}
