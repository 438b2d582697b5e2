using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DotNext.Threading;

namespace Quiescent.Scale.Peers;

// A scope files its deferrals under the epoch that it read on entry. A scope that was open before the unlink can
// therefore free a block under a reader that entered later; here every free has a scope of its own, entered after the
// unlink.
internal readonly unsafe struct DotNextEpoch : IReadSide<Nothing>, IUpdateSide
{
    public const string Remark =
        "each free in a scope of its own, entered after the unlink: one that was open before files garbage under the "
        + "epoch it read then";

    private static readonly Epoch s_epoch = new() { NativeResourceManager = new Blocks() };

    public static Nothing Begin() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(Nothing state, RcuPointer<long>* pointer)
    {
        using Epoch.Scope scope = s_epoch.Enter();
        return *pointer->LoadProtected();
    }

    public static void Replace(RcuPointer<long>* pointer, long* block)
    {
        long* old = pointer->Exchange(block);
        Epoch.RecycleBin bin;
        using (Epoch.Scope scope = s_epoch.Enter())
        {
            scope.Defer((nuint)old);
            bin = scope.Reclaim();
        }

        bin.Clear();
    }

    public static void Drain()
    {
        while (!s_epoch.TryClear())
        {
            Thread.Yield();
        }
    }

    private sealed class Blocks : Epoch.INativeResourceManager
    {
        // SAFETY: a block has 64 bytes, of which readers read the first word, and a deferred one is the epoch's.
        public ref nuint GetNextHandle(nuint resource) => ref ((nuint*)resource)[1];

        // SAFETY: the epoch releases a block once.
        public void Release(nuint resource) => NativeMemory.Free((void*)resource);
    }
}
