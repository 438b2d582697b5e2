using System.Runtime.CompilerServices;

namespace Quiescent.Scale.Peers;

/// <summary>
/// How a thread reads a field of a block that others replace: open a section, or whatever the peer has in its place,
/// dereference, read, leave. A struct policy of the loops that are measured, so that each loop is compiled for it.
/// </summary>
/// <typeparam name="TState">What a reading thread keeps: a handle, or nothing.</typeparam>
internal unsafe interface IReadSide<TState>
    where TState : allows ref struct
{
    /// <summary>On the reading thread, before its first read.</summary>
    static abstract TState Begin();

    static abstract long Read(TState state, RcuPointer<long>* pointer);

    /// <summary>Between batches of reads, where the thread holds no reference.</summary>
    static virtual void Pause(TState state)
    {
    }

    /// <summary>After the thread's last read.</summary>
    static virtual void End(TState state)
    {
    }
}

// Where a reading thread keeps nothing.
internal readonly struct Nothing;

// The same, one call of a method for each operation: what a program pays that reads here and there, thread-local
// look-up included.
internal readonly unsafe struct Called<TSide, TState> : IReadSide<TState>
    where TSide : IReadSide<TState>
    where TState : allows ref struct
{
    public static TState Begin() => TSide.Begin();

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long Read(TState state, RcuPointer<long>* pointer) => TSide.Read(state, pointer);

    public static void Pause(TState state) => TSide.Pause(state);

    public static void End(TState state) => TSide.End(state);
}

/// <summary>How an updater replaces a block: exchange the pointer, and free the old block when no reader can hold
/// it.</summary>
internal unsafe interface IUpdateSide
{
    static abstract void Replace(RcuPointer<long>* pointer, long* block);

    /// <summary>When all readers and updaters are done: frees what still waits.</summary>
    static virtual void Drain()
    {
    }
}
