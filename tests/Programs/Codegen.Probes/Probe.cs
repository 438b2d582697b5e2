using System.Runtime.CompilerServices;
using Quiescent.Memory;
using Quiescent.Queues;
using Quiescent.Readers;

namespace Quiescent.Codegen.Probes;

// The hot paths, each inlined into a method of its own, whose machine code is read.
internal static unsafe class Probe
{
    // SAFETY: here and below, Program hands in whole shelves, blocks and queues, and owns them.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long DefaultSection(Shelf* shelf)
    {
        using ReadGuard guard = Rcu.ReadLock();
        return guard.Dereference(in shelf->Pointer).Value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long DomainSection(RcuDomain domain, Shelf* shelf)
    {
        using ReadGuard guard = domain.ReadLock();
        return guard.Dereference(in shelf->Pointer).Value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long HandleSection(RcuReader reader, Shelf* shelf)
    {
        using ReadGuard guard = reader.ReadLock();
        return guard.Dereference(in shelf->Pointer).Value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long OnlineSection(OnlineReader reader, Shelf* shelf)
    {
        using OnlineReadGuard guard = reader.ReadLock();
        return guard.Dereference(in shelf->Pointer).Value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long SleepableSection(SrcuDomain domain, Shelf* shelf)
    {
        using SrcuReadLock section = domain.ReadLock();
        return section.Dereference(in shelf->Pointer).Value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long LockRead(RcuReaderWriterLock table, Shelf* shelf)
    {
        using RcuReaderWriterLock.ReadScope scope = table.Read();
        return shelf->Pointer.LoadProtected()->Value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ValueTask<AsyncReadScope> LockReadAsync(RcuAsyncReaderWriterLock table) =>
        table.ReadAsync(CancellationToken.None);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long QuiescentState(RcuReader reader, Shelf* shelf)
    {
        long value = shelf->Pointer.LoadProtected()->Value;
        reader.QuiescentState();
        return value + shelf->SecondPointer.LoadProtected()->Value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long OnlineQuiescentState(OnlineReader reader, Shelf* shelf)
    {
        long value = shelf->Pointer.LoadProtected()->Value;
        reader.QuiescentState();
        return value + shelf->SecondPointer.LoadProtected()->Value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Publish(Shelf* shelf, Block* block)
    {
        block->Value = 1;
        shelf->Pointer.Assign(block);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void FreeBlock(Block* block) => Rcu.Free(block);

    // The part of Free(block, head) that follows once it has found the thread's slot.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void FreeHead(RcuDomain domain, ReaderSlot* slot, Block* block) =>
        domain.Push(slot, &block->Head, HeadWord.OfOffset(block, &block->Head, Deallocators.NativeHeap));
}
