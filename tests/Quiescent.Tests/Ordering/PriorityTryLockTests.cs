using Quiescent.Ordering;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Ordering;

// The engine's lock: threads that only try must not keep those out that wait.
public sealed class PriorityTryLockTests
{
    // Fault caught: a thread's registration beside a loop of Synchronize took ten seconds.
    [Fact]
    public void Nobody_who_only_tries_comes_before_a_thread_that_waits()
    {
        PriorityTryLock word = default;
        bool hasEntered = false;
        bool mayExit = false;
        word.Enter();
        using Worker waiter = Worker.Start(() =>
        {
            word.Enter();
            Volatile.Write(ref hasEntered, true);
            Until.True(() => Volatile.Read(ref mayExit));
            word.Exit();
        });
        Until.True(() => word.HasWaiters);
        word.Exit();
        while (!Volatile.Read(ref hasEntered))
        {
            Assert.False(word.TryEnter());
        }

        Assert.False(word.TryEnter());
        Volatile.Write(ref mayExit, true);
        waiter.Join();
        Assert.True(word.TryEnter());
        word.Exit();
    }
}
