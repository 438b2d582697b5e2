using System.Runtime.InteropServices;

namespace Quiescent.Torture.Litmus.Readers;

// Reads under a reader-writer lock, and its writes.
internal interface ILockSections : ISections
{
    /// <summary>On the updater's thread: alone.</summary>
    void Write(Action inside);
}

// Reads of RcuReaderWriterLock.
internal readonly unsafe struct LockSections(RcuReaderWriterLock table) : ILockSections
{
    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        while (body.Next())
        {
            using RcuReaderWriterLock.ReadScope scope = table.Read();
            body.Inside(body.Pointer->LoadProtected());
        }
    }

    public void Write(Action inside)
    {
        using RcuReaderWriterLock.WriteScope scope = table.Write();
        inside();
    }

    public void Synchronize() => table.Write().Dispose();
}

// Reads of RcuAsyncReaderWriterLock that need not wait; the thread tries again where they would.
internal readonly unsafe struct AsyncLockSections(RcuAsyncReaderWriterLock table) : ILockSections
{
    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        while (body.Next())
        {
            ValueTask<AsyncReadScope> entry = table.ReadAsync();
            using AsyncReadScope scope =
                entry.IsCompletedSuccessfully ? entry.Result : entry.AsTask().GetAwaiter().GetResult();
            body.Inside(body.Pointer->LoadProtected());
        }
    }

    public void Write(Action inside)
    {
        using AsyncWriteScope scope = table.WriteAsync().AsTask().GetAwaiter().GetResult();
        inside();
    }

    public void Synchronize() => Write(static () => { });
}

// The same announcement, word and look with nothing that orders them: [N] and [O] without their barrier.
internal readonly unsafe struct UnfencedLockSections : ILockSections, IDisposable
{
    // On lines of their own: the word, then the reader's announcement.
    private readonly ulong* _word = (ulong*)NativeMemory.AlignedAlloc(512, 128);
    private readonly ulong* _announced;

    public UnfencedLockSections()
    {
        _announced = _word + 32;
        *_word = 0;
        *_announced = 0;
    }

    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        while (body.Next())
        {
            Volatile.Write(ref *_announced, 1);
            while (Volatile.Read(ref *_word) != 0)
            {
                Volatile.Write(ref *_announced, 0);
                Thread.SpinWait(1);
                Volatile.Write(ref *_announced, 1);
            }

            body.Inside(body.Pointer->LoadProtected());
            Volatile.Write(ref *_announced, 0);
        }
    }

    public void Write(Action inside)
    {
        Volatile.Write(ref *_word, 1);
        while (Volatile.Read(ref *_announced) != 0)
        {
            Thread.SpinWait(1);
        }

        inside();
        Volatile.Write(ref *_word, 0);
    }

    public void Synchronize() => Write(static () => { });

    public void Dispose() => NativeMemory.AlignedFree(_word);
}
