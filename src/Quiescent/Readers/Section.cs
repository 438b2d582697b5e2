using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Validate;

namespace Quiescent.Readers;

// Read-side critical sections: a section is an announcement in the thread's slot. Why it is right:
//
// O1  Entry loads Started (acquire), stores it into the slot (release) [A], then the section's loads follow. Nothing in
//     the reader orders that store before those loads as other cores see them; the grace period does, with the
//     process-wide barrier [B] between raising Started and scanning. At the point where the reader executes its share
//     of [B]:
//       - its announcement was already performed: the scan, after [B], sees it (or a later word of the same thread);
//       - the announcement comes later: so do the section's loads, and they see every unlink that was visible at [B].
//     Third outcome: it announces the new sequence or a later one. The scan passes it by, so it must see every unlink
//     that came before Started was raised: the load of Started is an acquire and reads the raised value, which was
//     stored after those unlinks. On Arm a plain load would let a section's load be satisfied before it. With
//     ReadSideBarrier.Full the reader fences after the store instead, and the grace period's raise of Started is its
//     partner: either the scan sees the announcement, or the section's loads see the unlinks.
// O2  Exit is a release store and the scan loads with acquire: all loads of the section precede its end. Entry stores
//     with release as well, because the scan may see the next section's entry in place of this one's exit.
//
// Nested sections add one to the word and keep the sequence of the outermost. A guard remembers the word that its entry
// stored; its exit checks that the slot still holds that word (a load that no other store waits for), then stores the
// word less one. A mismatch is a guard disposed twice, copied or out of order: it throws, and the slot stays as it was.
//
// Registered readers in quiescent-state mode keep one level of nesting open from GoOnline to GoOffline, and their
// sections are free. A quiescent state is a release store of a newly acquired Started: to the scan it ends one section
// and opens the next.
//
// Renew() does the same for a counted section. Why neither fences, under Full either, though [A] there does: the slot
// names a section before the store and after it, never "none". Outcomes, for a scan with target t:
//   - It sees the old word, older than t: it waits for this section still, whatever its loads see.
//   - It sees the new word, older than t: the same.
//   - It sees the new word, t or later. Then the load of Started, an acquire, read t, which was raised after the
//     unlinks of that grace period: the loads that follow see them. The loads before are done, since the store is a
//     release (O2), so that none of them reads a block that is freed after the scan.
internal static unsafe class Section
{
    /// <summary>Announces the outermost section.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Announce(ReaderSlot* slot, DomainState* state)
    {
        // SAFETY: both words are the first of their structs.
        ulong word = Order.Acquire((ulong*)state);
        Order.Release((ulong*)slot, word); // [A] partner: [B] in GracePeriods/SlotScan.cs; outcomes above at O1.
        return word;
    }

    /// <summary>Announces the outermost section, with the fence that <see cref="ReadSideBarrier.Full"/>
    /// requires.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Enter(ReaderSlot* slot, DomainState* state)
    {
        ulong word = Announce(slot, state);
        if ((slot->ReaderWord & ReaderFlags.FullFence) != 0)
        {
            Order.Fence(); // [A] under Full.
        }

        return word;
    }

    /// <summary>Entry beyond the fast path: a nested section, or any section under Validate.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong EnterBeyondFast(ReaderSlot* slot, DomainState* state)
    {
        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        ulong word = real->Word;
        if (SectionWord.Nesting(word) == SectionWord.MaxNesting)
        {
            ThrowTooDeep();
        }

        if (!ReaderSlot.IsTwin(slot))
        {
            return EnterCounted(real, state);
        }

        ulong number = ThreadRegistrations.OwnerOf(slot).Ledger!.Open(isFree: false);
        EnterCounted(real, state);
        return number;
    }

    /// <summary>Exit beyond the fast path: under Validate, or misuse.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ExitBeyondFast(ReaderSlot* slot, ulong word)
    {
        if (!ReaderSlot.IsTwin(slot))
        {
            ThrowWrongGuard("");
        }

        SectionLedger ledger = ThreadRegistrations.OwnerOf(slot).Ledger!;
        if (!ledger.TryClose(word, out bool wasFree))
        {
            ThrowWrongGuard($" {ledger.Explain(word)}");
        }

        if (!wasFree)
        {
            ReaderSlot* real = ReaderSlot.Untwinned(slot);
            SlotTable? table = SlotTable.Of(real); // O5: keeps the slot's memory from when the section no longer does.
            Order.Release(ref real->Word, real->Word - 1);
            if (SectionWord.IsQuiescent(real->Word))
            {
                table?.AfterSection();
            }

            GC.KeepAlive(table);
        }
    }

    /// <summary>Under Validate: ends the thread's section, which is its only one, or being online, and opens the next
    /// in its place. With strict grace periods one passes between the two.</summary>
    public static ulong Reopen(ReaderSlot* real)
    {
        if (SlotTable.Of(real) is not { IsStrict: true } table)
        {
            return Announce(real, real->State);
        }

        Order.Release(ref real->Word, real->Word - 1);
        table.AfterSection();
        ulong announced = Enter(real, real->State);
        GC.KeepAlive(table);
        return announced;
    }

    /// <summary>Ends the thread's only section, and opens the next in its place. What the guard remembers
    /// from then on: the word, or under Validate the section's number.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Renew(ReaderSlot* slot, ulong word)
    {
        // Online, the outermost level is the mode's, and the section around all others is not the guard's to end.
        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        if (slot == null
            || SectionWord.Nesting(real->Word) != 1
            || ReaderHandles.IsOnline(real)
            || (!ReaderSlot.IsTwin(slot) && real->Word != word))
        {
            ThrowNotAlone();
        }

        if (!ReaderSlot.IsTwin(slot))
        {
            return Announce(real, real->State);
        }

        if (!ThreadRegistrations.OwnerOf(slot).Ledger!.TryRenew(word, out word))
        {
            ThrowNotAlone();
        }

        Reopen(real);
        return word;
    }

    /// <summary>Whether this thread is inside a counted section, or one that Validate saw.</summary>
    public static bool IsHeld(ReaderSlot* slot) => slot != null && (CountedDepth(slot) > 0 || HasLedgerSection(slot));

    /// <summary>Whether waiting for a grace period here would wait for this thread itself: inside a section, or
    /// online.</summary>
    public static bool HoldsUpGracePeriods(ReaderSlot* slot) =>
        slot != null && !SectionWord.IsQuiescent(ReaderSlot.Untwinned(slot)->Word);

    public static int CountedDepth(ReaderSlot* slot)
    {
        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        return SectionWord.Nesting(real->Word) - (int)(real->ReaderWord & ReaderFlags.Online);
    }

    /// <summary>Under Validate: the places where this thread's open sections began, a line each; else
    /// nothing.</summary>
    public static string DescribeOpen(ReaderSlot* slot)
    {
        string text = "";
        if (ReaderSlot.IsTwin(slot))
        {
            foreach (SectionEntry entry in ThreadRegistrations.OwnerOf(slot).Ledger!.Entries())
            {
                text = string.Concat(text, Environment.NewLine, "  ", entry.ToString());
            }
        }

        return text;
    }

    private static bool HasLedgerSection(ReaderSlot* slot) =>
        ReaderSlot.IsTwin(slot) && ThreadRegistrations.OwnerOf(slot).Ledger!.HasOpenSection;

    private static ulong EnterCounted(ReaderSlot* real, DomainState* state)
    {
        ulong word = real->Word;
        if (SectionWord.IsQuiescent(word))
        {
            return Enter(real, state);
        }

        Order.Release(ref real->Word, ++word);
        return word;
    }

    [DoesNotReturn]
    private static void ThrowTooDeep() =>
        throw new InvalidOperationException(
            "Read-side critical sections are nested deeper than 65,535 on this thread.");

    [DoesNotReturn]
    private static void ThrowNotAlone() =>
        throw new InvalidOperationException(
            "The guard does not stand for this thread's only read-side critical section: the section is nested, or the "
            + "thread is online (then QuiescentState renews all), or the guard was disposed before or copied. The "
            + "thread's sections are unchanged.");

    [DoesNotReturn]
    private static void ThrowWrongGuard(string explanation) =>
        throw new InvalidOperationException(
            "The guard does not stand for this thread's innermost read-side critical section: it was disposed before, "
            + $"copied, or is disposed out of order. The thread's sections are unchanged.{explanation}");
}
