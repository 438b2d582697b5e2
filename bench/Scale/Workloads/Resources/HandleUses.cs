using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Workloads.Resources;

// The pattern in unmanaged memory behind a handle like those of the base library.
internal sealed unsafe class BlockHandle : SafeHandle
{
    public BlockHandle()
        : base(0, ownsHandle: true) => SetHandle((nint)Pattern.Allocate());

    public override bool IsInvalid => handle == 0;

    // SAFETY: called once, when nobody holds the handle.
    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}

internal sealed unsafe class RcuBlockHandle : RcuSafeHandle
{
    public RcuBlockHandle()
        : base(0, ownsHandle: true) => SetHandle((nint)Pattern.Allocate());

    public override bool IsInvalid => handle == 0;

    // SAFETY: called once, a grace period after the handle was closed.
    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}

// The floor: used without any check.
internal sealed unsafe class BareHandle : IShared
{
    private readonly BlockHandle _handle = new();

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(_handle), offsets);

    public void Dispose() => _handle.Dispose();

    private readonly struct Byte(BlockHandle handle) : IUse
    {
        // SAFETY: the turn ends before the handle does; offsets lie within the pattern.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => ((byte*)handle.DangerousGetHandle())[offset];
    }
}

internal sealed unsafe class AddedHandle : IShared
{
    private readonly BlockHandle _handle = new();

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(_handle), offsets);

    public void Dispose() => _handle.Dispose();

    private readonly struct Byte(BlockHandle handle) : IUse
    {
        // SAFETY: the handle is held while it is used; offsets lie within the pattern.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset)
        {
            bool isHeld = false;
            try
            {
                handle.DangerousAddRef(ref isHeld);
                return ((byte*)handle.DangerousGetHandle())[offset];
            }
            finally
            {
                if (isHeld)
                {
                    handle.DangerousRelease();
                }
            }
        }
    }
}

// A section a use.
internal sealed unsafe class GuardedHandle : IShared
{
    private readonly RcuBlockHandle _handle = new();

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(_handle), offsets);

    public void Dispose() => _handle.Dispose();

    private readonly struct Byte(RcuBlockHandle handle) : IUse
    {
        // SAFETY: the section outlasts the use; offsets lie within the pattern.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset)
        {
            using ReadGuard guard = Rcu.ReadLock();
            return ((byte*)guard.Dereference(handle))[offset];
        }
    }
}

// One section around all uses.
internal sealed unsafe class HandleInSection : IShared
{
    private readonly RcuBlockHandle _handle = new();

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop
    {
        using ReadGuard guard = Rcu.ReadLock();
        return TLoop.Run(new Byte(guard, _handle), offsets);
    }

    public void Dispose() => _handle.Dispose();

    private readonly ref struct Byte(ReadGuard guard, RcuBlockHandle handle) : IUse
    {
        private readonly ReadGuard _guard = guard;

        // SAFETY: as above.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => ((byte*)_guard.Dereference(handle))[offset];
    }
}
