using System.Runtime.InteropServices;

namespace Quiescent;

/// <summary>
/// Two words that a block embeds, so that it can be queued without memory (<c>struct rcu_head</c>). They are the
/// library's while the block is queued.
/// </summary>
/// <remarks>
/// <b>Safety.</b> Keep it in unmanaged memory, aligned to a word. Once it is queued, do not move it, write to it or
/// queue it again until it has been reclaimed.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct RcuHead
{
    // The head queued before this one by the same thread: Queues/HeadQueue.cs.
    internal RcuHead* Next;

    // A function, or an offset: Queues/HeadWord.cs.
    internal nint Word;
}
