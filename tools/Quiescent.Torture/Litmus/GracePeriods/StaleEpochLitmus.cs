using Quiescent.Torture.Litmus.Readers;

namespace Quiescent.Torture.Litmus.GracePeriods;

// The updater's own stale epoch: a grace period that starts after the unlink covers what the updater frees, whatever
// the updater has seen, queued or held open before. The reader announces its sections in between, so that a grace
// period that is too old does not wait for them. The control waits for a cookie taken before the unlink.
internal static class StaleEpochLitmus
{
    // Long sections: if a block is filed too early, another thread still reclaims it only some time later.
    private const int MaxLooksLog2 = 18;

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Unlinks and frees inside a section as old as the grace period before the one that has meanwhile begun, with
    /// another block waiting for that one in the same queue.
    /// </summary>
    public static unsafe LitmusOutcome InsideLongSection<TFree>(RcuDomain domain, TFree form, LitmusSlice slice)
        where TFree : struct, IFreeForm
    {
        using Stage stage = new();
        uint random = slice.Seed;
        Looks looks = new(stage, cold: null, MaxLooksLog2, random + 1);
        return stage.Run(new GuardSections(domain), looks, slice.Time, () =>
        {
            GracePeriodState before = domain.GetState();
            using (ReadGuard guard = domain.ReadLock())
            {
                form.Free(stage.Exchange(), before);
                domain.StartPoll();
                WaitUntilStarted(domain, before);
                Randomly.Pause(Randomly.Length(ref random, 14));
                form.Free(stage.Exchange(), before);
            }

            form.Complete();
        });
    }

    /// <summary>Unlinks and frees after the grace period of a state read, and of a block queued, long before.</summary>
    public static unsafe LitmusOutcome AfterOldState<TFree>(RcuDomain domain, TFree form, LitmusSlice slice)
        where TFree : struct, IFreeForm
    {
        using Stage stage = new();
        uint random = slice.Seed;
        Looks looks = new(stage, cold: null, MaxLooksLog2, random + 1);
        return stage.Run(new GuardSections(domain), looks, slice.Time, () =>
        {
            GracePeriodState before = domain.GetState();
            form.Free(stage.Exchange(), before);
            domain.CondSynchronize(before);
            Randomly.Pause(Randomly.Length(ref random, 12));
            form.Free(stage.Exchange(), before);
            form.Complete();
        });
    }

    // A cookie taken now differs from the earlier one as soon as that one's grace period has started.
    private static void WaitUntilStarted(RcuDomain domain, GracePeriodState before)
    {
        if (!SpinWait.SpinUntil(() => domain.GetState() != before, s_bound))
        {
            throw new TimeoutException("No grace period starts.");
        }
    }
}
