using System.Buffers;
using System.Runtime.InteropServices;
using Quiescent.Tests.Memory;

namespace Quiescent.Tests.Reclamation;

// Everything that can be queued.
public enum Form
{
    Headless,
    Head,
    Bulk,
    Aligned,
    AlignedHead,
    User,
    UserHead,
    Function,
    Delegate,
    StatefulDelegate,
    Disposable,
    Pooled,
}

// Queues one item of a form, so that a rule for all forms is tested with all of them.
internal static unsafe class Forms
{
    private const int Bytes = 64;
    private const int HeadOffset = 24;

    private static long s_ran;

    /// <summary>Callbacks of all domains that have run, as they count themselves.</summary>
    public static long Ran => Interlocked.Read(ref s_ran);

    public static TheoryData<Form> All => [.. Enum.GetValues<Form>()];

    public static TheoryData<Form> Trivial => [.. Enum.GetValues<Form>().Where(form => !IsCode(form))];

    public static TheoryData<Form> Code => [.. Enum.GetValues<Form>().Where(IsCode)];

    public static bool IsCode(Form form) => form >= Form.User;

    public static bool IsCallback(Form form) => form >= Form.Function;

    /// <summary>Whether the form takes no memory, and is therefore exempt from BacklogPolicy.Throw.</summary>
    public static bool HasHead(Form form) => form is Form.Head or Form.AlignedHead or Form.UserHead or Form.Function;

    /// <summary>Queues one item. When that throws, the block is still the caller's and is freed here.</summary>
    public static void Queue(RcuDomain domain, Form form)
    {
        switch (form)
        {
            case Form.Headless:
                QueueBlock(block => domain.Free((void*)block));
                break;
            case Form.Head:
                QueueBlock(block => domain.Free((void*)block, HeadIn(block)));
                break;
            case Form.Bulk:
                QueueBlock(block => domain.FreeBulk([block]));
                break;
            case Form.Aligned:
                QueueAligned(block => domain.Free<AlignedNativeHeap>((void*)block));
                break;
            case Form.AlignedHead:
                QueueAligned(block => domain.Free<AlignedNativeHeap>((void*)block, HeadIn(block)));
                break;
            case Form.User:
                QueueBlock(block => domain.Free<CountingHeap>((void*)block));
                break;
            case Form.UserHead:
                QueueBlock(block => domain.Free<CountingHeap>((void*)block, HeadIn(block)));
                break;
            case Form.Function:
                QueueBlock(block => domain.Call((RcuHead*)block, &FreeHead));
                break;
            case Form.Delegate:
                domain.Call(CountRun);
                break;
            case Form.StatefulDelegate:
                domain.Call(form, static _ => CountRun());
                break;
            case Form.Disposable:
                domain.Dispose(new CountingResource());
                break;
            default:
                domain.Return(CountingPool.Instance, CountingPool.Instance.Rent(Bytes));
                break;
        }
    }

    public static void QueueAll(RcuDomain domain)
    {
        foreach (Form form in Enum.GetValues<Form>())
        {
            Queue(domain, form);
        }
    }

    public static long Reclaimed(RcuDomain domain)
    {
        RcuStatistics books = domain.GetStatistics();
        return books.BlocksFreed + books.CallbacksInvoked;
    }

    public static long Queued(RcuDomain domain)
    {
        RcuStatistics books = domain.GetStatistics();
        return books.BlocksQueued + books.CallbacksQueued;
    }

    public static long Waiting(RcuDomain domain)
    {
        RcuStatistics books = domain.GetStatistics();
        return books.BlocksWaiting + books.CallbacksWaiting;
    }

    /// <summary>A block of malloc's heap.</summary>
    public static void* NewBlock(int bytes = Bytes) => NativeMemory.Alloc((nuint)bytes);

    private static RcuHead* HeadIn(nint block) => (RcuHead*)(block + HeadOffset);

    private static void CountRun() => Interlocked.Increment(ref s_ran);

    private static void FreeHead(RcuHead* head)
    {
        NativeMemory.Free(head);
        CountRun();
    }

    private static void QueueBlock(Action<nint> queue)
    {
        nint block = (nint)NewBlock();
        try
        {
            queue(block);
        }
        catch
        {
            NativeMemory.Free((void*)block);
            throw;
        }
    }

    private static void QueueAligned(Action<nint> queue)
    {
        nint block = (nint)NativeMemory.AlignedAlloc(Bytes, Bytes);
        try
        {
            queue(block);
        }
        catch
        {
            NativeMemory.AlignedFree((void*)block);
            throw;
        }
    }

    private sealed class CountingResource : IDisposable
    {
        public void Dispose() => CountRun();
    }

    private sealed class CountingPool : ArrayPool<byte>
    {
        public static readonly CountingPool Instance = new();

        public override byte[] Rent(int minimumLength) => new byte[minimumLength];

        public override void Return(byte[] array, bool clearArray = false) => CountRun();
    }
}
