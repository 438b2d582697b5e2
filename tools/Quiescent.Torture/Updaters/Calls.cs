using System.Buffers;
using Quiescent.Torture.Blocks;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Updaters;

// Callbacks that age the block of the pipe that they were queued with, and queue it again in the next form. One
// function per form, since each finds its block in its own way; the rest is common to all.
internal static unsafe class Calls
{
    /// <summary>Queues the block in the given form. If failures are expected, the form that cannot fail is used in its
    /// place.</summary>
    /// <exception cref="ObjectDisposedException">The domain is disposed; the block is left out of the pipe.</exception>
    public static void Queue(Subject subject, AgeBlock* block, Primitive form)
    {
        try
        {
            QueueAs(subject, block, form);
        }
        catch (OutOfMemoryException) when (ExpectedFaults.Here && !HasHead(form))
        {
            QueueAs(subject, block, Primitive.CallFunction);
        }
        catch (ObjectDisposedException)
        {
            subject.Pipe.LeaveOut();
            throw;
        }
    }

    private static void QueueAs(Subject subject, AgeBlock* block, Primitive form)
    {
        // SAFETY: the block is unlinked and is queued once at a time; its memory is the pipe's.
        GracePeriodDomain domain = subject.Domain;
        switch (form)
        {
            case Primitive.CallFunction:
                domain.Call(&block->Head, &OnFunction);
                break;
            case Primitive.CallAction:
                domain.Call(() => OnCallback(block, Primitive.CallAction));
                break;
            case Primitive.CallState:
                domain.Call((nint)block, static block => OnCallback((AgeBlock*)block, Primitive.CallState));
                break;
            case Primitive.CallHurried:
                domain.CallHurried(() => OnCallback(block, Primitive.CallHurried));
                break;
            case Primitive.DisposeResource:
                domain.Dispose(new AgingResource(block));
                break;
            case Primitive.ReturnArray:
                domain.Return(AgingPool.Instance, [(nint)block]);
                break;
            case Primitive.FreeAgingHead:
                domain.Free<AgingHeap>(block, &block->Head);
                break;
            case Primitive.FreeAging:
                domain.Free<AgingHeap>(block);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(form));
        }

        // The callback may have run by now; the counts are compared when all is at rest.
        if (IsBlock(form))
        {
            subject.Tally.CodeBlockQueued();
        }
        else
        {
            subject.Tally.CallbackQueued();
        }
    }

    private static bool HasHead(Primitive form) => form is Primitive.CallFunction or Primitive.FreeAgingHead;

    private static bool IsBlock(Primitive form) => form is Primitive.FreeAgingHead or Primitive.FreeAging;

    private static void OnFunction(RcuHead* head) => OnCallback(AgeBlock.Of(head), Primitive.CallFunction);

    private static void OnCallback(AgeBlock* block, Primitive form)
    {
        Subject subject = Subject.Of(block->Owner);
        if (IsBlock(form))
        {
            subject.Tally.CodeBlockFreed();
        }
        else
        {
            subject.Tally.CallbackRun();
        }

        if (subject.Pipe.GrowOlder(block))
        {
            return;
        }

        try
        {
            Queue(subject, block, form == Primitive.FreeAging ? Primitive.CallFunction : form + 1);
        }
        catch (ObjectDisposedException)
        {
            // As promised to a callback that queues itself again.
        }
    }

    private sealed class AgingResource(AgeBlock* block) : IDisposable
    {
        public void Dispose() => OnCallback(block, Primitive.DisposeResource);
    }

    // A pool whose arrays each hold the address of a block, which ages when its array is returned.
    private sealed class AgingPool : ArrayPool<nint>
    {
        public static readonly AgingPool Instance = new();

        public override nint[] Rent(int minimumLength) => throw new NotSupportedException();

        public override void Return(nint[] array, bool clearArray = false) =>
            OnCallback((AgeBlock*)array[0], Primitive.ReturnArray);
    }

    // A deallocator that frees nothing.
    private readonly struct AgingHeap : INativeDeallocator
    {
        public static void Free(void* block) => OnCallback((AgeBlock*)block, Primitive.FreeAging);
    }
}
