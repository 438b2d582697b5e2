using System.Runtime.InteropServices;
using Quiescent.Torture.Litmus.Readers;

namespace Quiescent.Torture.Litmus.GracePeriods;

// What one reader and one updater share for a slice: a pointer, the blocks that it points to in turn, and when to stop.
internal sealed unsafe class Stage : IDisposable
{
    private const int Blocks = 512;
    private const int Alignment = 128;

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);

    // SAFETY: Dispose frees both, after both threads have ended and everything queued has been reclaimed.
    private readonly LitmusBlock* _blocks = (LitmusBlock*)NativeMemory.AlignedAlloc(BlockBytes, Alignment);
    private readonly RcuPointer<LitmusBlock>* _pointer =
        (RcuPointer<LitmusBlock>*)NativeMemory.AlignedAlloc(Alignment, Alignment);
    private readonly ManualResetEventSlim _hasBegun = new();
    private long _next;
    private long _sections;
    private long _updates;
    private long _failures;
    private int _stop;
    private bool _haveThreadsEnded;

    public Stage()
    {
        NativeMemory.Clear(_blocks, BlockBytes);
        *_pointer = default;
        Exchange();
    }

    private static nuint BlockBytes => (nuint)(Blocks * sizeof(LitmusBlock));

    public RcuPointer<LitmusBlock>* Pointer => _pointer;

    /// <summary>The next block in turn, not yet published; no reader has held it for a long time.</summary>
    public LitmusBlock* Next() => _blocks + (_next++ % Blocks);

    /// <summary>Publishes the next block, filled, and returns the one it replaced.</summary>
    public LitmusBlock* Exchange()
    {
        LitmusBlock* block = Next();
        block->Value = LitmusBlock.Sound;
        return _pointer->Exchange(block);
    }

    /// <summary>On the reader's thread, before each section. False when it is time to stop.</summary>
    public bool BeginSection()
    {
        if (++_sections == 1)
        {
            _hasBegun.Set();
        }

        return Volatile.Read(ref _stop) == 0;
    }

    /// <summary>Records, on the reader's thread, that it saw the forbidden outcome.</summary>
    public void Fail() => Volatile.Write(ref _failures, _failures + 1);

    /// <summary>
    /// Reads sections on one thread and updates on another, until the time is over or the reader has seen the forbidden
    /// outcome. A run is a section or an update, whichever are fewer. With <paramref name="onTwoCores"/> each thread
    /// keeps to a core; not for updates that start threads.
    /// </summary>
    public LitmusOutcome Run<TSections, TBody>(
        TSections sections, TBody body, TimeSpan time, Action update, bool onTwoCores = false)
        where TSections : struct, ISections
        where TBody : struct, ISectionBody
    {
        void Read() => ReadAll(sections, body);
        void Update() => UpdateUntil(Environment.TickCount64 + (long)time.TotalMilliseconds, update);

        LitmusThread reader = onTwoCores ? LitmusThread.StartOn(1, Read) : LitmusThread.Start(Read);
        LitmusThread updater = onTwoCores ? LitmusThread.StartOn(0, Update) : LitmusThread.Start(Update);
        updater.Join();
        reader.Join();
        _haveThreadsEnded = true;
        return new LitmusOutcome(Math.Min(_sections, _updates), _failures);
    }

    /// <summary>Leaks the memory if a thread does not end, which has been reported by then.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _stop, 1);
        if (_haveThreadsEnded)
        {
            NativeMemory.AlignedFree(_blocks);
            NativeMemory.AlignedFree(_pointer);
            _hasBegun.Dispose();
        }
    }

    private void UpdateUntil(long end, Action update)
    {
        try
        {
            if (!_hasBegun.Wait(s_bound))
            {
                throw new TimeoutException("The reader does not begin.");
            }

            do
            {
                update();
                _updates++;
            }
            while (Volatile.Read(ref _failures) == 0 && Environment.TickCount64 < end);
        }
        finally
        {
            Volatile.Write(ref _stop, 1);
        }
    }

    private static void ReadAll<TSections, TBody>(TSections sections, TBody body)
        where TSections : struct, ISections
        where TBody : struct, ISectionBody => sections.Read(ref body);
}
