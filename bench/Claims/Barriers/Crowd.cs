using System.Runtime.InteropServices;

namespace Quiescent.Claims.Barriers;

// What is queued: the same blocks with the same heads, each time.
internal enum Queued
{
    /// <summary>A hand-written callback that frees its block.</summary>
    Functions,

    /// <summary>The head's offset.</summary>
    Trivial,
}

// Threads that are registered in a domain and idle, one in four of which queues when it is told to.
internal sealed unsafe class Crowd : IDisposable
{
    private const int QueueingShare = 4;
    private const int StackBytes = 256 * 1024;

    private readonly RcuDomain _domain;
    private readonly Thread[] _threads;
    private readonly int _queueing;
    private readonly SemaphoreSlim _go = new(0);
    private readonly SemaphoreSlim _done = new(0);
    private readonly ManualResetEventSlim _end = new();
    private Queued _kind;
    private int _blocksEach;

    public Crowd(RcuDomain domain, int threads)
    {
        _domain = domain;
        _queueing = Math.Max(1, threads / QueueingShare);
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(() => Run(i < _queueing), StackBytes) { IsBackground = true })];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }

        WaitFor(threads);
    }

    /// <summary>Returns when the threads have queued so many together, but for what does not divide.</summary>
    public long Queue(Queued kind, int blocks)
    {
        _kind = kind;
        _blocksEach = blocks / _queueing;
        _go.Release(_queueing);
        WaitFor(_queueing);
        return (long)_blocksEach * _queueing;
    }

    public void Dispose()
    {
        _blocksEach = 0;
        _end.Set();
        _go.Release(_queueing);
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _go.Dispose();
        _done.Dispose();
        _end.Dispose();
    }

    private void Run(bool queues)
    {
        using (_domain.ReadLock())
        {
            // The first section registers the thread.
        }

        _done.Release();
        while (queues && !_end.IsSet)
        {
            _go.Wait();
            QueueBlocks();
            _done.Release();
        }

        _end.Wait();
    }

    private void QueueBlocks()
    {
        for (int i = 0; i < _blocksEach; i++)
        {
            Block* block = (Block*)NativeMemory.Alloc((nuint)sizeof(Block));
            if (_kind == Queued.Functions)
            {
                _domain.Call(&block->Head, &Block.FreeBlock);
            }
            else
            {
                _domain.Free(block, &block->Head);
            }
        }
    }

    private void WaitFor(int threads)
    {
        for (int i = 0; i < threads; i++)
        {
            _done.Wait();
        }
    }

    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Block
    {
        public long Key;
        public RcuHead Head;

        public static void FreeBlock(RcuHead* head) => NativeMemory.Free((byte*)head - sizeof(long));
    }
}
