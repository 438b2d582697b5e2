using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent.Tests.Reclamation;

// What tests look at behind a domain's public face.
internal static unsafe class Inside
{
    private const string ReclaimerName = "rcu reclaimer (";

    /// <summary>Whether this is a reclaimer's thread, of whichever domain.</summary>
    public static bool IsOnReclaimer => Thread.CurrentThread.Name?.StartsWith(ReclaimerName, StringComparison.Ordinal) == true;

    public static QueueContext Context(RcuDomain domain) => ContextOf(domain);

    public static Backlog Backlog(RcuDomain domain) => ContextOf(domain).Backlog;

    /// <summary>Whether an append has to wake the reclaimer, or to start it.</summary>
    public static bool IsIdle(RcuDomain domain) => (Order.Acquire(in domain.Words->Attention) & Attention.Idle) != 0;

    /// <summary>The domain's one thread; null until something was queued.</summary>
    public static Thread? ReclaimerThread(RcuDomain domain) => Volatile.Read(ref ThreadOf(ReclaimerOf(domain)));

    /// <summary>This thread's slot in the domain.</summary>
    public static ReaderSlot* Slot(RcuDomain domain) => ReaderSlot.Real(ThreadRegistrations.Find(IdOf(domain)));

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_id")]
    private static extern ref long IdOf(RcuDomain domain);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_context")]
    private static extern ref QueueContext ContextOf(RcuDomain domain);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_reclaimer")]
    private static extern ref Reclaimer ReclaimerOf(RcuDomain domain);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_thread")]
    private static extern ref Thread? ThreadOf(Reclaimer reclaimer);
}
