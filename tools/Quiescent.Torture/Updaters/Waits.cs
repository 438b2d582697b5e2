using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Updaters;

// The ways to wait for a grace period. Each returns after a full one, or returns false if an expected failure prevented
// it.
internal static unsafe class Waits
{
    private const int PollsBeforeAsking = 1000;

    /// <summary>Waits between the two words of a guarded block, for readers to see. One caller at a time.</summary>
    public static bool InGuardedBlock(Subject subject, int guarded, Primitive primitive, Rng random)
    {
        // Where all are taken, updaters do without.
        if (guarded >= subject.GuardedBlocks.Length)
        {
            return For(subject, primitive, random);
        }

        long generation = subject.GuardedBlocks[guarded].Open();
        if (!For(subject, primitive, random))
        {
            return false;
        }

        subject.GuardedBlocks[guarded].Close(generation);
        return true;
    }

    public static bool For(Subject subject, Primitive primitive, Rng random)
    {
        GracePeriodDomain domain = subject.Domain;
        try
        {
            switch (primitive)
            {
                case Primitive.Synchronize:
                    domain.Synchronize();
                    return true;
                case Primitive.SynchronizeAsync:
                    return Await(random, token => domain.SynchronizeAsync(token));
                case Primitive.GetStatePoll:
                    PollFor(domain, domain.GetState());
                    return true;
                case Primitive.CondSynchronize:
                    domain.CondSynchronize(domain.GetState());
                    return true;
                case Primitive.StartPollPoll:
                    PollFor(domain, domain.StartPoll());
                    return true;
                case Primitive.Barrier:
                    return AwaitReceipts(subject, codeOnly: false, random, _ => Do(domain.Barrier));
                case Primitive.BarrierAsync:
                    return AwaitReceipts(subject, codeOnly: false, random, token => domain.BarrierAsync(token));
                case Primitive.BarrierBlocks:
                    QueueTrivial(subject);
                    return Await(random, _ => Do(domain.BarrierBlocks));
                case Primitive.BarrierBlocksAsync:
                    QueueTrivial(subject);
                    return Await(random, token => domain.BarrierBlocksAsync(token));
                case Primitive.PoolBarrier:
                    QueueInPool(subject);
                    return Await(random, _ => Do(subject.Pool.Barrier));
                case Primitive.PoolBarrierAsync:
                    QueueInPool(subject);
                    return Await(random, token => subject.Pool.BarrierAsync(token));
                case Primitive.BarrierCallbacks:
                    return AwaitReceipts(subject, codeOnly: true, random, _ => Do(domain.BarrierCallbacks));
                default:
                    throw new ArgumentOutOfRangeException(nameof(primitive));
            }
        }
        catch (OutOfMemoryException) when (ExpectedFaults.Here)
        {
            return false;
        }
    }

    // A cookie that starts nothing waits for another caller's grace period; if nobody wants one, it asks for one.
    private static void PollFor(GracePeriodDomain domain, GracePeriodState cookie)
    {
        for (int polls = 0; !domain.Poll(cookie); polls++)
        {
            if (polls % PollsBeforeAsking == PollsBeforeAsking - 1)
            {
                domain.StartPoll();
            }

            Thread.Yield();
        }
    }

    // Blocks on the task, sometimes with a token whose cancellation ends the wait early, and does nothing else.
    private static bool Await(Rng random, Func<CancellationToken, ValueTask> start)
    {
        if (!random.OneIn(4))
        {
            start(CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return true;
        }

        using CancellationTokenSource source = new();
        Task task = start(source.Token).AsTask();
        Thread.SpinWait(random.Next(2000));
        source.Cancel();
        try
        {
            task.GetAwaiter().GetResult();
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static ValueTask Do(Action barrier)
    {
        barrier();
        return ValueTask.CompletedTask;
    }

    // Queues a callback and blocks, then calls the barrier. Everything that the barrier waits for must have been
    // reclaimed; and since that takes a grace period that began after the queueing, the barrier's return shows that one
    // has ended.
    private static bool AwaitReceipts(
        Subject subject, bool codeOnly, Rng random, Func<CancellationToken, ValueTask> barrier)
    {
        Receipt receipt = new(subject);
        subject.Domain.Call(receipt, static receipt => receipt.Arrive());
        subject.Tally.CallbackQueued();
        if (!codeOnly)
        {
            QueueTrivial(subject);
        }

        if (!Await(random, barrier))
        {
            return false;
        }

        if (!receipt.HasArrived)
        {
            subject.Failures.Add(
                $"A barrier of the domain '{subject.Name}' returned "
                + "before a callback that was queued before it had run.");
        }

        return true;
    }

    private static void QueueTrivial(Subject subject)
    {
        // SAFETY: a block that nobody has seen.
        void* block = NativeMemory.Alloc(64);
        try
        {
            subject.Domain.Free(block);
            subject.Tally.BlockQueued();
        }
        catch
        {
            // Still the caller's, and never seen by a reader.
            NativeMemory.Free(block);
            throw;
        }
    }

    private static void QueueInPool(Subject subject)
    {
        long* block = subject.Pool.Rent();
        try
        {
            subject.Pool.Free(block);
            subject.Tally.BlockQueued();
        }
        catch
        {
            GiveBack(subject, block); // Still the caller's, and never seen by a reader.
            throw;
        }
    }

    // Under Validate the pool records where, for which the memory may be taken too.
    private static void GiveBack(Subject subject, long* block)
    {
        while (block != null)
        {
            try
            {
                subject.Pool.FreeNow(block);
                block = null;
            }
            catch (OutOfMemoryException) when (ExpectedFaults.Here)
            {
                Thread.Yield();
            }
        }
    }

    // A callback that records that it has run to its end.
    private sealed class Receipt(Subject subject)
    {
        private int _arrived;

        public bool HasArrived => Volatile.Read(ref _arrived) != 0;

        public void Arrive()
        {
            // A barrier that waits until callbacks are taken, and not until they have run, would return here.
            Thread.SpinWait(500);
            subject.Tally.CallbackRun();
            Volatile.Write(ref _arrived, 1);
        }
    }
}
