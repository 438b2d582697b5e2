using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Peers;

// The two LightEpochs have one interface, and no type in common.
internal interface ILightEpoch
{
    static abstract void Resume();

    static abstract void Suspend();

    static abstract void Bump(Action onDrain);
}

internal readonly struct OfTsavorite : ILightEpoch
{
    private static readonly Tsavorite.core.LightEpoch s_epoch = new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Resume() => s_epoch.Resume();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Suspend() => s_epoch.Suspend();

    public static void Bump(Action onDrain) => s_epoch.BumpCurrentEpoch(onDrain);
}

internal readonly struct OfFaster : ILightEpoch
{
    public const string Remark =
        "incorrect: the announcement is not ordered before the loads, so that a reader can read a freed block";

    private static readonly FASTER.core.LightEpoch s_epoch = new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Resume() => s_epoch.Resume();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Suspend() => s_epoch.Suspend();

    public static void Bump(Action onDrain) => s_epoch.BumpCurrentEpoch(onDrain);
}

internal readonly unsafe struct LightEpoch<TEpoch> : IReadSide<Nothing>, IUpdateSide
    where TEpoch : ILightEpoch
{
    public static Nothing Begin() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(Nothing state, RcuPointer<long>* pointer)
    {
        TEpoch.Resume();
        try
        {
            return *pointer->LoadProtected();
        }
        finally
        {
            TEpoch.Suspend();
        }
    }

    public static void Replace(RcuPointer<long>* pointer, long* block)
    {
        TEpoch.Resume();
        nint old = (nint)pointer->Exchange(block);
        TEpoch.Bump(() => NativeMemory.Free((void*)old));
        TEpoch.Suspend();
    }

    // The last thread to leave runs everything that waits.
    public static void Drain()
    {
        TEpoch.Resume();
        TEpoch.Suspend();
    }
}
