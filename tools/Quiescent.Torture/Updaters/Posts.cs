using Quiescent.Torture.Blocks;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Updaters;

// The ways to publish: a letter in the mailbox replaces the one before.
internal static unsafe class Posts
{
    public static void Replace(Subject subject, Primitive way)
    {
        // SAFETY: the letter was replaced under the mailbox's lock, so it is handed over once.
        Letter* old = subject.Mailbox.Post(way - Primitive.Assign);
        if (old != null)
        {
            try
            {
                subject.Domain.Free(old, &old->Head);
                subject.Tally.BlockQueued();
            }
            catch (ObjectDisposedException)
            {
                subject.KeepRefused(old, BlockHeap.Native);
                throw;
            }
        }
    }
}
