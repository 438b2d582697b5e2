using Quiescent.Tests.Memory;
using Quiescent.Tests.Reclamation;

namespace Quiescent.Tests.Faults;

// A test's own accounts, separate from the library's: what it queued, by its own count; what was reclaimed, as
// callbacks and deallocators count it themselves; what waits, by a walk over the queues.
internal sealed class Account(RcuDomain domain)
{
    private readonly long _freedBefore = CountingHeap.Freed;
    private readonly long _ranBefore = Forms.Ran;
    private long _trivial;
    private long _user;
    private long _callbacks;
    private long _refused;

    public long Queued =>
        Interlocked.Read(ref _trivial) + Interlocked.Read(ref _user) + Interlocked.Read(ref _callbacks);

    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Queues one item. False: it was refused for one of the documented reasons, stayed the caller's, and has
    /// been freed.</summary>
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

        Interlocked.Increment(
            ref Forms.IsCallback(form) ? ref _callbacks : ref Forms.IsCode(form) ? ref _user : ref _trivial);
        return true;
    }

    /// <summary>Queued = reclaimed + waiting, in each class of items. Call it while nobody queues, and while nothing
    /// can be reclaimed or everything has been.</summary>
    public void MustBalance()
    {
        (long trivial, long user, long callbacks) = Inside.Walk(domain);
        RcuStatistics books = domain.GetStatistics();
        Assert.Equal(_user, CountingHeap.Freed - _freedBefore + user);
        Assert.Equal(_callbacks, Forms.Ran - _ranBefore + callbacks);

        // The built-in heaps count nothing; for their blocks the library's own count has to do.
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
