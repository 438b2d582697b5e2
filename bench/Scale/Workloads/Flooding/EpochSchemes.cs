using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DotNext.Threading;
using Quiescent.Scale.Peers;

namespace Quiescent.Scale.Workloads.Flooding;

// The epoch libraries for .NET, at their fastest correct use in a flood.

// An action per block, as both defer whatever they defer. An updater stays protected for its flood, as a session does
// for a batch of operations: each bump refreshes its epoch.
internal readonly unsafe struct LightEpochScheme<TEpoch>(Slots slots) : IScheme
    where TEpoch : struct, ILightEpoch
{
    public void Enter() => TEpoch.Resume();

    public void Leave() => TEpoch.Suspend();

    public void Fill(int slot) => slots.Fill(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Replace(int slot, long value)
    {
        nint old = (nint)slots.Exchange(slot, value);
        TEpoch.Bump(() => NativeMemory.Free((void*)old));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Read(int slot) => LightEpoch<TEpoch>.Read(default, slots.At(slot));

    // The newest action runs after, or along with, all others.
    public void Barrier()
    {
        bool done = false;
        TEpoch.Resume();
        TEpoch.Bump(() => Volatile.Write(ref done, true));
        TEpoch.Suspend();
        while (!Volatile.Read(ref done))
        {
            LightEpoch<TEpoch>.Drain();
        }
    }

    public void Clear(int slot) => slots.Clear(slot);
}

// As DotNextEpoch, but reclaiming 64 blocks at a time.
internal unsafe struct DotNextScheme(Slots slots) : IScheme
{
    private const int ReclaimEvery = 64;

    private readonly Epoch _epoch = new() { NativeResourceManager = new Blocks() };
    private int _count;

    public readonly void Fill(int slot) => slots.Fill(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Replace(int slot, long value)
    {
        long* old = slots.Exchange(slot, value);
        using Epoch.Scope scope = _epoch.Enter();
        scope.Defer((nuint)old);
        if (++_count % ReclaimEvery == 0)
        {
            scope.Reclaim().Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long Read(int slot)
    {
        using Epoch.Scope scope = _epoch.Enter();
        return *slots.At(slot)->LoadProtected();
    }

    public readonly void Barrier()
    {
        while (!_epoch.TryClear())
        {
            Thread.Yield();
        }
    }

    public readonly void Clear(int slot) => slots.Clear(slot);

    private sealed class Blocks : Epoch.INativeResourceManager
    {
        // SAFETY: a block has 64 bytes, of which readers read the first word; a deferred one is the epoch's.
        public ref nuint GetNextHandle(nuint resource) => ref ((nuint*)resource)[1];

        // SAFETY: the epoch releases a block once.
        public void Release(nuint resource) => NativeMemory.Free((void*)resource);
    }
}
