using Quiescent.Tests.Memory;
using Quiescent.Tests.Reclamation;

namespace Quiescent.Tests.Faults;

// The books of a test, kept apart from the library's: what it queued, by its own count; what was carried out, as
// callbacks and deallocators count it themselves; what waits, by a walk over the queues.
internal sealed class Account(RcuDomain domain)
{
    private readonly long _freedBefore = CountingHeap.Freed;
    private readonly long _ranBefore = Forms.Ran;
    private long _trivial;
    private long _user;
    private long _callbacks;
    private long _refused;

    public long Queued => Interlocked.Read(ref _trivial) + Interlocked.Read(ref _user) + Interlocked.Read(ref _callbacks);

    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Queues one item. False: it was refused for one of the reasons that are documented, and is the caller's
    /// (who has freed it).</summary>
    public bool TryQueue(Form form)
    {
        try
        {
            Forms.Queue(domain, form);
        }
        catch (Exception e) when (e is OutOfMemoryException or ObjectDisposedException or RcuBacklogException)
        {
            Interlocked.Increment(ref _refused);
            return false;
        }

        Interlocked.Increment(ref Forms.IsCallback(form) ? ref _callbacks : ref Forms.IsCode(form) ? ref _user : ref _trivial);
        return true;
    }

    /// <summary>Queued = carried out + waiting, in each class of items; to be called while nobody queues and nothing
    /// can be carried out, or everything has been.</summary>
    public void MustBalance()
    {
        (long trivial, long user, long callbacks) = Inside.Walk(domain);
        RcuStatistics books = domain.GetStatistics();
        Assert.Equal(_user, CountingHeap.Freed - _freedBefore + user);
        Assert.Equal(_callbacks, Forms.Ran - _ranBefore + callbacks);

        // The built-in heaps count nothing; of their blocks the library's own count has to do.
        Assert.Equal(_trivial + _user, books.BlocksFreed + trivial + user);
        Assert.Equal(_trivial + _user, books.BlocksQueued);
        Assert.Equal(_callbacks, books.CallbacksQueued);
    }

    /// <summary>As <see cref="MustBalance"/>, and nothing waits.</summary>
    public void MustBeCleared()
    {
        MustBalance();
        Assert.Equal((0, 0, 0), Inside.Walk(domain));
    }
}
