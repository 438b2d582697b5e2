namespace Quiescent.Readers;

// This thread's slot in the default domain, or null. A class of its own, and without a static constructor: CoreCLR
// keeps such a class's few words directly in the thread's own block, so that the look-up is that block's address and
// one load. Behind a static constructor there would be two tests and two more loads, each waiting for the last.
internal static unsafe class DefaultSlot
{
    [ThreadStatic]
    public static ReaderSlot* OfThisThread;

    /// <summary>The slot's queues (<c>ThreadQueues</c>), or null where each call must take the slow path: without a
    /// slot, and under Validate. So a free looks up one word, and follows it.</summary>
    [ThreadStatic]
    public static void* Queues;
}
