using System.Runtime.InteropServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Ordering;

// One reader and one way to wait for it, under test.
internal unsafe interface ILitmusSubject
{
    /// <summary>On the reader's thread: one section after another, each with a look at the block that it finds, until told to
    /// stop.</summary>
    void Read(LitmusRun run);

    /// <summary>On the updater's thread: returns after a grace period.</summary>
    void Synchronize();
}

// Store buffering between an announcement and the section's loads. The reader dirties cold lines just before its section, so that
// its announcement waits behind them in the store buffer while its loads run ahead; the updater exchanges the pointer, waits for
// a grace period and poisons the old block. Without the process-wide barrier (or the reader's fence) the scan finds the reader
// quiescent, and the reader reads poison. All lengths are drawn at random over powers of two: the window is some hundred
// nanoseconds wide, and any fixed rhythm may miss it for ever.
internal sealed unsafe class StoreBufferLitmus : IDisposable
{
    public const nuint ColdBytes = 128 * 1024 * 1024;

    private const int Blocks = 512;
    private const int BlockStride = 128;
    private const int MaxPauseLog2 = 12;

    private readonly byte* _cold = (byte*)NativeMemory.Alloc(ColdBytes);
    private readonly byte* _blocks = (byte*)NativeMemory.AlignedAlloc(Blocks * BlockStride, BlockStride);
    private readonly RcuPointer<LitmusBlock>* _pointer = (RcuPointer<LitmusBlock>*)NativeMemory.AlignedAlloc(128, 128);
    private uint _random = 7;

    // So that no store of the reader's is the first touch of its page.
    public StoreBufferLitmus() => NativeMemory.Fill(_cold, ColdBytes, 1);

    /// <summary>Runs until poison was seen or the time is over.</summary>
    public LitmusOutcome Run<TSubject>(TSubject subject, TimeSpan time)
        where TSubject : struct, ILitmusSubject
    {
        NativeMemory.Clear(_blocks, Blocks * BlockStride);
        *_pointer = default;
        Publish(0);
        LitmusRun run = new(_cold, _pointer);
        using Worker reader = Worker.Start(() => subject.Read(run));
        Until.Set(run.Started);

        long updates = 0;
        long end = Environment.TickCount64 + (long)time.TotalMilliseconds;
        while (run.Poisoned == 0 && Environment.TickCount64 < end)
        {
            LitmusBlock* old = Publish(++updates);
            subject.Synchronize();
            Volatile.Write(ref old->Value, LitmusBlock.Poison);
            Randomly.Pause(Randomly.Length(ref _random, MaxPauseLog2));
        }

        run.Stop();
        reader.Join();
        return new LitmusOutcome(run.Poisoned, run.Sections, updates);
    }

    public void Dispose()
    {
        NativeMemory.Free(_cold);
        NativeMemory.AlignedFree(_blocks);
        NativeMemory.AlignedFree(_pointer);
    }

    private LitmusBlock* Publish(long number)
    {
        LitmusBlock* block = (LitmusBlock*)(_blocks + (number % Blocks * BlockStride));
        block->Value = LitmusBlock.Sound;
        return _pointer->Exchange(block);
    }
}

// The reader's side of a run.
internal sealed unsafe class LitmusRun(byte* cold, RcuPointer<LitmusBlock>* pointer)
{
    private const int MaxLooksLog2 = 11;
    private const int MaxPauseLog2 = 12;
    private const int Pages = 4;
    private const int PageBytes = 4096;
    private const int LineBytes = 64;

    private uint _random = 1;
    private uint _sum;
    private int _looks;
    private int _stop;
    private long _poisoned;

    public ManualResetEventSlim Started { get; } = new();

    public long Sections { get; private set; }

    public long Poisoned => Volatile.Read(ref _poisoned);

    public RcuPointer<LitmusBlock>* Pointer { get; } = pointer;

    public void Stop() => Volatile.Write(ref _stop, 1);

    /// <summary>What comes before a section. False when it is time to stop.</summary>
    public bool Next()
    {
        if (++Sections == 1)
        {
            Started.Set();
        }

        Randomly.Pause(Randomly.Length(ref _random, MaxPauseLog2));
        _looks = Randomly.Length(ref _random, MaxLooksLog2);

        // The stores' pages are looked up beforehand: a store that waits for its address does not wait in the buffer.
        byte** pages = stackalloc byte*[Pages];
        for (int i = 0; i < Pages; i++)
        {
            pages[i] = cold + (Randomly.Next(ref _random) % (uint)(StoreBufferLitmus.ColdBytes / PageBytes) * PageBytes);
            _sum += *pages[i];
        }

        bool goesOn = Volatile.Read(ref _stop) == 0;
        uint random = _random;
        uint lines = 4 + (Randomly.Next(ref random) % 44);
        for (uint i = 0; i < lines; i++)
        {
            pages[i % Pages][Randomly.Next(ref random) % (PageBytes / LineBytes) * LineBytes] = (byte)i;
        }

        _random = random;
        return goesOn;
    }

    /// <summary>Inside the section: looks at the block again and again, for poison comes late or not at all.</summary>
    public void LookAt(LitmusBlock* block)
    {
        for (int i = _looks; i > 0; i--)
        {
            if (Volatile.Read(ref block->Value) == LitmusBlock.Poison)
            {
                Volatile.Write(ref _poisoned, _poisoned + 1);
                return;
            }
        }
    }
}

internal static class Randomly
{
    public static void Pause(int length)
    {
        for (int i = 0; i < length; i++)
        {
            Volatile.Read(ref length);
        }
    }

    /// <summary>From 1 to two to the given power, short ones as often as long ones.</summary>
    public static int Length(ref uint random, int maxLog2) =>
        (int)(Next(ref random) & ((1u << (int)(Next(ref random) % (uint)(maxLog2 + 1))) - 1)) + 1;

    /// <summary>The upper 20 bits of a linear congruence: the lower ones have short periods.</summary>
    public static uint Next(ref uint random) => (random = (random * 1_664_525) + 1_013_904_223) >> 12;
}

internal struct LitmusBlock
{
    public const long Sound = 0x5011D;
    public const long Poison = 0x6B6B6B6B6B6B6B6B;

    public long Value;
}

internal readonly record struct LitmusOutcome(long Poisoned, long Sections, long Updates)
{
    public static LitmusOutcome operator +(LitmusOutcome left, LitmusOutcome right) =>
        new(left.Poisoned + right.Poisoned, left.Sections + right.Sections, left.Updates + right.Updates);
}
