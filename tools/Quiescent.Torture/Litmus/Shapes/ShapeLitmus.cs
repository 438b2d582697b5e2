using System.Runtime.InteropServices;

namespace Quiescent.Torture.Litmus.Shapes;

// Runs a shape again and again, all its threads starting each run together, and judges the runs in batches.
internal sealed unsafe class ShapeLitmus<TShape> : IDisposable
    where TShape : struct, IShape
{
    private const int Batch = 128;
    private const int LineBytes = 128;
    private const int LoadsPerThread = 2;
    private const int MaxPauseLog2 = 7;
    private const int SpinsBeforeYield = 256;

    private static readonly int s_linesPerRun = 2 + TShape.Threads;

    // SAFETY: Dispose frees it, after the threads have ended. A line for each thread's turn, then for each run x, y and
    // each thread's loads.
    private readonly byte* _turns = (byte*)NativeMemory.AlignedAlloc(Bytes(TShape.Threads), LineBytes);
    private readonly byte* _runs = (byte*)NativeMemory.AlignedAlloc(Bytes(Batch * s_linesPerRun), LineBytes);
    private int _stop;

    private ShapeLitmus() => NativeMemory.Clear(_turns, Bytes(TShape.Threads));

    public static LitmusOutcome Run(LitmusSlice slice)
    {
        using ShapeLitmus<TShape> litmus = new();
        LitmusOutcome outcome = default;
        LitmusThread[] threads =
        [
            LitmusThread.StartOn(0, () => outcome = litmus.Direct(slice)),
            .. Enumerable.Range(1, TShape.Threads - 1)
                .Select(number => LitmusThread.StartOn(number, () => litmus.TakePart(number, slice.Seed))),
        ];
        foreach (LitmusThread thread in threads)
        {
            thread.Join();
        }

        return outcome;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_turns);
        NativeMemory.AlignedFree(_runs);
    }

    // Thread 0 clears the words of a batch, takes part in it, and judges it.
    private LitmusOutcome Direct(LitmusSlice slice)
    {
        long end = Environment.TickCount64 + (long)slice.Time.TotalMilliseconds;
        uint random = slice.Seed;
        ulong turn = 0;
        LitmusOutcome outcome = default;
        while (true)
        {
            NativeMemory.Clear(_runs, Bytes(Batch * s_linesPerRun));
            bool isOver = outcome.Failures != 0 || Environment.TickCount64 >= end;
            Volatile.Write(ref _stop, isOver ? 1 : 0);
            Meet(0, ++turn);
            if (isOver)
            {
                return outcome;
            }

            RunBatch(0, ref turn, ref random);
            Meet(0, ++turn);
            outcome += new LitmusOutcome(Batch, CountForbidden());
        }
    }

    private void TakePart(int thread, uint seed)
    {
        uint random = seed + (uint)thread;
        ulong turn = 0;
        while (true)
        {
            Meet(thread, ++turn);
            if (Volatile.Read(ref _stop) != 0)
            {
                return;
            }

            RunBatch(thread, ref turn, ref random);
            Meet(thread, ++turn);
        }
    }

    private void RunBatch(int thread, ref ulong turn, ref uint random)
    {
        for (int run = 0; run < Batch; run++)
        {
            byte* lines = _runs + (run * s_linesPerRun * LineBytes);
            ulong* x = (ulong*)lines;
            ulong* y = (ulong*)(lines + LineBytes);
            int pause = Randomly.Length(ref random, MaxPauseLog2);

            // All caches hold both words: loads are quick, and stores wait until the other caches have given up the
            // line.
            _ = Volatile.Read(ref *x) + Volatile.Read(ref *y);
            Meet(thread, ++turn);
            Randomly.Pause(pause);
            TShape.Run(thread, x, y, Loads(lines, thread));
        }
    }

    // All threads meet here. A thread that waits for one without a core yields its own.
    private void Meet(int thread, ulong turn)
    {
        Volatile.Write(ref Turn(thread), turn);
        for (int other = 0; other < TShape.Threads; other++)
        {
            for (int spins = 0; Volatile.Read(ref Turn(other)) < turn; spins++)
            {
                if (spins >= SpinsBeforeYield)
                {
                    Thread.Yield();
                }
            }
        }
    }

    private long CountForbidden()
    {
        Span<ulong> loaded = stackalloc ulong[TShape.Threads * LoadsPerThread];
        long count = 0;
        for (int run = 0; run < Batch; run++)
        {
            byte* lines = _runs + (run * s_linesPerRun * LineBytes);
            for (int i = 0; i < loaded.Length; i++)
            {
                loaded[i] = Loads(lines, i / LoadsPerThread)[i % LoadsPerThread];
            }

            count += TShape.IsForbidden(loaded) ? 1 : 0;
        }

        return count;
    }

    private ref ulong Turn(int thread) => ref *(ulong*)(_turns + (thread * LineBytes));

    private static ulong* Loads(byte* lines, int thread) => (ulong*)(lines + ((2 + thread) * LineBytes));

    private static nuint Bytes(int lines) => (nuint)(lines * LineBytes);
}
