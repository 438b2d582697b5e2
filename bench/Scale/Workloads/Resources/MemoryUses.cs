using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Workloads.Resources;

// A hand-written manager of unmanaged memory: nothing keeps the memory while a span is read.
internal sealed unsafe class PatternManager : MemoryManager<byte>
{
    private readonly byte* _bytes = Pattern.Allocate();

    // SAFETY: the memory has this length, for as long as the manager is not disposed of.
    public override Span<byte> GetSpan() => new(_bytes, Pattern.Length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_bytes + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => NativeMemory.Free(_bytes);
}

// The floor: a span that is there.
internal sealed unsafe class RawSpan : IShared
{
    private readonly byte* _bytes = Pattern.Allocate();

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(new ReadOnlySpan<byte>(_bytes, Pattern.Length)), offsets);

    public void Dispose() => NativeMemory.Free(_bytes);

    private readonly ref struct Byte(ReadOnlySpan<byte> bytes) : IUse
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => _bytes[offset];
    }
}

// The cost of asking a Memory<byte> for its span; with a manager like the base library's, or the library's.
internal abstract class ManagedMemory(IMemoryOwner<byte> manager) : IDisposable
{
    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(manager.Memory), offsets);

    public void Dispose() => manager.Dispose();

    private readonly struct Byte(Memory<byte> memory) : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => memory.Span[offset];
    }
}

internal sealed class OrdinaryMemory() : ManagedMemory(new PatternManager()), IShared;

internal sealed class RcuMemory() : ManagedMemory(NewManager()), IShared
{
    public static RcuMemoryManager<byte> NewManager()
    {
        RcuMemoryManager<byte> manager = new(Pattern.Length);
        Pattern.Bytes.CopyTo(manager.GetSpan());
        return manager;
    }
}

// A section a use.
internal sealed class GuardedMemory : IShared
{
    private readonly RcuMemoryManager<byte> _manager = RcuMemory.NewManager();

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(_manager), offsets);

    public void Dispose() => ((IDisposable)_manager).Dispose();

    private readonly struct Byte(RcuMemoryManager<byte> manager) : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset)
        {
            using ReadGuard guard = Rcu.ReadLock();
            return guard.Dereference(manager)[offset];
        }
    }
}

// One section around all uses.
internal sealed class MemoryInSection : IShared
{
    private readonly RcuMemoryManager<byte> _manager = RcuMemory.NewManager();

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop
    {
        using ReadGuard guard = Rcu.ReadLock();
        return TLoop.Run(new Byte(guard, _manager), offsets);
    }

    public void Dispose() => ((IDisposable)_manager).Dispose();

    private readonly ref struct Byte(ReadGuard guard, RcuMemoryManager<byte> manager) : IUse
    {
        private readonly ReadGuard _guard = guard;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => _guard.Dereference(manager)[offset];
    }
}
