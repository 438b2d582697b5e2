using System.Runtime.InteropServices;
using Quiescent.Tests.Reclamation;

namespace Quiescent.Tests.Callbacks;

// What was called, in which order, and whether on a reclaimer.
internal sealed unsafe class CallLog : IDisposable
{
    private readonly List<long> _numbers = [];
    private readonly Lock _gate = new();
    private GCHandle _self;
    private int _strays;

    public CallLog() => _self = GCHandle.Alloc(this);

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _numbers.Count;
            }
        }
    }

    public int Strays => Volatile.Read(ref _strays);

    public long[] Numbers
    {
        get
        {
            lock (_gate)
            {
                return [.. _numbers];
            }
        }
    }

    public void Add(long number)
    {
        if (!Inside.IsOnReclaimer)
        {
            Interlocked.Increment(ref _strays);
        }

        lock (_gate)
        {
            _numbers.Add(number);
        }
    }

    /// <summary>A head in a block of its own, which <see cref="Record"/> or <see cref="Throw"/> frees.</summary>
    public RcuHead* NewHead(long number)
    {
        LoggedBlock* block = (LoggedBlock*)NativeMemory.Alloc((nuint)sizeof(LoggedBlock));
        *block = new LoggedBlock { Log = GCHandle.ToIntPtr(_self), Number = number };
        return &block->Head;
    }

    public static void Record(RcuHead* head) => Take(head);

    public static void Throw(RcuHead* head) => throw new InvalidTimeZoneException($"{Take(head)}");

    public void Dispose() => _self.Free();

    private static long Take(RcuHead* head)
    {
        LoggedBlock block = *(LoggedBlock*)head;
        NativeMemory.Free(head);
        ((CallLog)GCHandle.FromIntPtr(block.Log).Target!).Add(block.Number);
        return block.Number;
    }

    private struct LoggedBlock
    {
        public RcuHead Head;
        public nint Log;
        public long Number;
    }
}
