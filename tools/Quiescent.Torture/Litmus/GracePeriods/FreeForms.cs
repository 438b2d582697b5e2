namespace Quiescent.Torture.Litmus.GracePeriods;

// A way to have an unlinked block poisoned after a grace period; one updater uses it.
internal unsafe interface IFreeForm
{
    /// <param name="block">Unlinked.</param>
    /// <param name="before">A cookie from before the unlink, for the control, which makes that mistake.</param>
    void Free(LitmusBlock* block, GracePeriodState before);

    /// <summary>Returns when all blocks are poisoned.</summary>
    void Complete();
}

// The trivial callback of these tests.
internal readonly unsafe struct Poisoning : INativeDeallocator
{
    // SAFETY: only the stage's blocks get here, and the stage outlives what is queued.
    public static void Free(void* block) => Volatile.Write(ref ((LitmusBlock*)block)->Value, LitmusBlock.Poison);
}

internal readonly unsafe struct FreeWithHead(RcuDomain domain) : IFreeForm
{
    public void Free(LitmusBlock* block, GracePeriodState before) => domain.Free<Poisoning>(block, &block->Head);

    public void Complete() => domain.Barrier();
}

internal readonly unsafe struct FreeWithoutHead(RcuDomain domain) : IFreeForm
{
    public void Free(LitmusBlock* block, GracePeriodState before) => domain.Free<Poisoning>(block);

    public void Complete() => domain.Barrier();
}

internal readonly unsafe struct CallWithHead(RcuDomain domain) : IFreeForm
{
    public void Free(LitmusBlock* block, GracePeriodState before) => domain.Call(&block->Head, &Poison);

    public void Complete() => domain.Barrier();

    // SAFETY: the head lies in a block, at its offset.
    private static void Poison(RcuHead* head) => Poisoning.Free((byte*)head - LitmusBlock.HeadOffset);
}

// By hand, under a cookie taken now, after the unlink; or, in the control, before it.
internal readonly unsafe struct FreeUnderCookie(RcuDomain domain, bool isTakenBefore) : IFreeForm
{
    private readonly Queue<(GracePeriodState Cookie, nint Block)> _waiting = new();

    public void Free(LitmusBlock* block, GracePeriodState before) =>
        _waiting.Enqueue((isTakenBefore ? before : domain.GetState(), (nint)block));

    public void Complete()
    {
        while (_waiting.TryDequeue(out (GracePeriodState Cookie, nint Block) waiting))
        {
            domain.CondSynchronize(waiting.Cookie);
            Poisoning.Free((void*)waiting.Block);
        }
    }
}
