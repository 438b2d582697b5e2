using System.Runtime.CompilerServices;

namespace Quiescent.Scale.Peers;

// The library's own read side, in its five forms. All free head-less.
internal readonly unsafe struct Guard : IReadSide<Nothing>, IUpdateSide
{
    public static Nothing Begin() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(Nothing state, RcuPointer<long>* pointer)
    {
        using ReadGuard guard = Rcu.ReadLock();
        return guard.Dereference(in *pointer);
    }

    public static void Replace(RcuPointer<long>* pointer, long* block) => Rcu.Free(pointer->Exchange(block));

    public static void Drain() => Rcu.Barrier();
}

internal readonly unsafe struct DomainGuard : IReadSide<Nothing>, IUpdateSide
{
    private static readonly RcuDomain s_domain = new(new RcuDomainOptions { Name = "scale" });

    public static Nothing Begin() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(Nothing state, RcuPointer<long>* pointer)
    {
        using ReadGuard guard = s_domain.ReadLock();
        return guard.Dereference(in *pointer);
    }

    public static void Replace(RcuPointer<long>* pointer, long* block) => s_domain.Free(pointer->Exchange(block));

    public static void Drain() => s_domain.Barrier();
}

internal readonly unsafe struct Handle : IReadSide<RcuReader>, IUpdateSide
{
    public static RcuReader Begin() => Rcu.RegisterReader();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(RcuReader state, RcuPointer<long>* pointer)
    {
        using ReadGuard guard = state.ReadLock();
        return guard.Dereference(in *pointer);
    }

    public static void End(RcuReader state) => state.Dispose();

    public static void Replace(RcuPointer<long>* pointer, long* block) => Guard.Replace(pointer, block);

    public static void Drain() => Guard.Drain();
}

internal readonly unsafe struct Online : IReadSide<RcuReader>, IUpdateSide
{
    public static RcuReader Begin()
    {
        RcuReader reader = Rcu.RegisterReader();
        reader.GoOnline();
        return reader;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(RcuReader state, RcuPointer<long>* pointer) => Handle.Read(state, pointer);

    public static void Pause(RcuReader state) => state.QuiescentState();

    public static void End(RcuReader state)
    {
        state.GoOffline();
        state.Dispose();
    }

    public static void Replace(RcuPointer<long>* pointer, long* block) => Guard.Replace(pointer, block);

    public static void Drain() => Guard.Drain();
}

internal readonly unsafe struct OnlineOnly : IReadSide<OnlineReader>, IUpdateSide
{
    public static OnlineReader Begin() => Rcu.RegisterOnlineReader();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(OnlineReader state, RcuPointer<long>* pointer)
    {
        using OnlineReadGuard guard = state.ReadLock();
        return guard.Dereference(in *pointer);
    }

    public static void Pause(OnlineReader state) => state.QuiescentState();

    public static void End(OnlineReader state) => state.Dispose();

    public static void Replace(RcuPointer<long>* pointer, long* block) => Guard.Replace(pointer, block);

    public static void Drain() => Guard.Drain();
}

// No protection at all: the floor.
internal readonly unsafe struct PlainDereference : IReadSide<Nothing>
{
    public static Nothing Begin() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(Nothing state, RcuPointer<long>* pointer) => *pointer->LoadProtected();
}
