using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Readers;

// The state of registered readers (RcuReader, OnlineReader). It is kept in the slot because `using` variables are
// read-only, and a call would change a reader's own fields in a copy. The slot's ReaderWord names the one reader that
// may take the fast path. Another live reader of the same thread takes that place over on its first use; a closed one
// is found out there. Section.cs says why quiescent-state mode is right. The step from offline to online is an
// announcement like any section's, and pairs with [B] as [A] does.
//
// The sections of an OnlineReader have nothing to test, so its thread must be online for as long as it is open: it goes
// online with the first one, GoOffline is refused meanwhile, and the last one to close takes the thread offline again
// unless GoOnline was called as well.
internal static unsafe class ReaderHandles
{
    public static ulong Open(ReaderSlot* slot)
    {
        ulong number = ThreadRegistrations.OwnerOf(slot).OpenHandle();
        MakeCurrent(ReaderSlot.Untwinned(slot), number);
        return number;
    }

    /// <summary>Closes the reader; closing a thread's last one takes the thread offline. Closing it again does
    /// nothing.</summary>
    public static void Close(ReaderSlot* slot, ulong number)
    {
        if (ThreadRegistrations.TryOwnerOf(slot) is not { } owner || !owner.IsLive(number))
        {
            return;
        }

        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        if (owner.HasOneHandle && IsOnline(real))
        {
            RequireNoSection(
                slot,
                "The thread's last registered reader was disposed of while online, inside a read-side section.");
            GoOffline(real, owner);
        }

        owner.CloseHandle(number);
        MakeCurrent(real, owner.AnyHandle);
    }

    /// <summary>Opens an <see cref="OnlineReader"/>, and takes the thread online.</summary>
    public static ulong OpenOnline(ReaderSlot* slot)
    {
        SlotOwner owner = ThreadRegistrations.OwnerOf(slot);
        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        bool wasOnline = IsOnline(real);
        if (!wasOnline)
        {
            RequireNoSection(slot, "RegisterOnlineReader was called inside a read-side critical section.");
        }

        ulong number = Open(slot);
        if (!wasOnline)
        {
            try
            {
                GoOnline(real, owner);
            }
            catch (OutOfMemoryException)
            {
                Close(slot, number);
                throw;
            }
        }

        owner.OnlineReaders++;
        return number;
    }

    /// <summary>Closes an <see cref="OnlineReader"/>. Closing it again does nothing.</summary>
    public static void CloseOnline(ReaderSlot* slot, ulong number)
    {
        if (ThreadRegistrations.TryOwnerOf(slot) is not { } owner || !owner.IsLive(number))
        {
            return;
        }

        if (owner.OnlineReaders == 1 && !owner.StaysOnline)
        {
            RequireNoSection(slot, "The thread's last online reader was disposed of inside a read-side section.");
            GoOffline(ReaderSlot.Untwinned(slot), owner);
        }

        Close(slot, number);
        owner.OnlineReaders--;
    }

    /// <summary>Under Validate, a section of an <see cref="OnlineReader"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void OpenFreeSection(ReaderSlot* slot, ulong number)
    {
        SlotOwner owner = RequireLive(slot, number);
        RequireOpen(slot);
        owner.Ledger!.Open(isFree: true);
    }

    /// <summary>The end of such a section. Its guard does not know its number; it is the innermost one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void EndFreeSection(ReaderSlot* slot)
    {
        if (!ThreadRegistrations.OwnerOf(slot).Ledger!.TryCloseFree())
        {
            throw new InvalidOperationException(
                "The guard does not stand for this thread's innermost section of an OnlineReader: it was disposed "
                + "before, copied, or is disposed out of order. The thread's sections are unchanged."
                + Section.DescribeOpen(slot));
        }
    }

    /// <summary>A section through a reader that is not the current one, or whose slot is not in the plain
    /// state.</summary>
    public static ReaderSlot* EnterBeyondFast(ReaderSlot* slot, ulong number, out ulong word)
    {
        SlotOwner owner = RequireLive(slot, number);
        RequireOpen(slot);
        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        if (!IsOnline(real))
        {
            word = Section.EnterBeyondFast(slot, slot->State);
            return slot;
        }

        word = owner.Ledger?.Open(isFree: true) ?? (ulong)slot->State;
        return owner.Ledger is null ? null : slot;
    }

    public static void GoOnline(ReaderSlot* slot, ulong number)
    {
        SlotOwner owner = RequireLive(slot, number);
        RequireOpen(slot);
        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        if (!IsOnline(real))
        {
            RequireNoSection(slot, "GoOnline was called inside a read-side critical section.");
            GoOnline(real, owner);
        }

        owner.StaysOnline = true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void QuiescentStateBeyondFast(ReaderSlot* slot, ulong number)
    {
        SlotOwner owner = RequireLive(slot, number);
        RequireNoSection(slot, "QuiescentState was called inside a read-side critical section.");
        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        if (IsOnline(real))
        {
            if (ReaderSlot.IsTwin(slot))
            {
                owner.Ledger!.RecordQuiescentState();
                Section.Reopen(real);
            }
            else
            {
                Section.Announce(real, real->State);
            }

            WakeAwaiting(real);
        }
    }

    /// <summary>A quiescent state of an <see cref="OnlineReader"/>, which learns here that the domain is
    /// disposed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void QuiescentStateOfOnline(ReaderSlot* slot, ulong number)
    {
        QuiescentStateBeyondFast(slot, number);
        RequireOpen(slot);
    }

    public static void GoOffline(ReaderSlot* slot, ulong number)
    {
        SlotOwner owner = RequireLive(slot, number);
        RequireNoSection(slot, "GoOffline was called inside a read-side critical section.");
        if (owner.OnlineReaders != 0)
        {
            throw new InvalidOperationException(
                "GoOffline was called while the thread has an OnlineReader, whose sections would protect nothing. "
                + "Dispose of that reader instead.");
        }

        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        if (IsOnline(real))
        {
            GoOffline(real, owner);
        }
    }

    /// <summary>Whether the slot's thread has a section or a registered reader open, or is online. Any thread may ask.
    /// Another one must keep the domain, or know that nothing else does: what is opened through the domain meanwhile is
    /// missed.</summary>
    public static bool IsAnyOpen(ReaderSlot* slot)
    {
        // O5 (slot visible before use): ReaderWord is read first. A thread may open a section through its last reader,
        // and close the reader before it ends the section. Outcomes:
        //   - ReaderWord still names the reader: it is open.
        //   - It names none. That was stored (release, in MakeCurrent) after all that the reader opened, and without a
        //     reader nothing more is opened: the Word read now is the section's, or that of its end.
        // Read the other way round, Word might come from before the section, and ReaderWord from after the close.
        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        return (Order.Acquire(in real->ReaderWord) & ~ReaderFlags.Flags) != 0
            || !SectionWord.IsQuiescent(Order.Acquire(in real->Word));
    }

    /// <summary>Ends all of this thread's sections and closes its readers. Only where no frame is left that may hold
    /// one: both are ref structs.</summary>
    public static void CloseAll(ReaderSlot* slot)
    {
        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        ThreadRegistrations.OwnerOf(slot).CloseAll();
        Order.Release(ref real->ReaderWord, real->ReaderWord & (ReaderFlags.FullFence | ReaderFlags.Awaited));
        Order.Release(ref real->Word, SectionWord.Sequence(real->Word));
        WakeAwaiting(real);
    }

    /// <summary>Has the reader of a slot, if it is online, wake this thread at its next quiescent state. This thread
    /// has the turn in the table's line. Any thread that keeps the table may ask. Whether the reader was
    /// asked.</summary>
    // The caller has said that it has the turn, then sets the reader's bit [Q]. The reader ends its section, then
    // clears the bit [R], then reads who has the turn. Outcomes:
    //   - The reader clears this request: it sees whose turn it is, and wakes the thread.
    //   - The request comes later. Then the caller, which looks at the slot's word after it, sees the section's end.
    // A request may still be missed: by a quiescent state on the fast path, which tests the reader's word and then
    // stores its own; by one on the slow path, whose look for the bit comes before its store is visible; and where a
    // plain store of the reader to its own word undoes it. So nobody relies on being woken: a turn lasts a millisecond
    // at most.
    public static bool TryAsk(ReaderSlot* slot)
    {
        ulong word = Order.Acquire(in slot->ReaderWord);
        if ((word & ReaderFlags.Online) == 0)
        {
            return false;
        }

        // [Q] partner: [R] in WakeAwaiting; outcomes above. SAFETY: the caller keeps the table.
        return Order.CompareExchange(ref slot->ReaderWord, word | ReaderFlags.Awaited, word) == word;
    }

    /// <summary>Whether the reader is current and online, and was asked to wake a thread. For the slot's
    /// thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAwaited(ReaderSlot* slot, ulong number) =>
        (slot->ReaderWord & ~ReaderFlags.FullFence) == (number | ReaderFlags.Online | ReaderFlags.Awaited);

    // At a quiescent state, after it was announced.
    private static void WakeAwaiting(ReaderSlot* real)
    {
        ulong word = Order.Acquire(in real->ReaderWord);
        if ((word & ReaderFlags.Awaited) != 0)
        {
            // [R] partner: [Q] in TryAsk; outcomes above it. Other threads only set the bit, and no other one.
            Order.Exchange(ref real->ReaderWord, word & ~ReaderFlags.Awaited);
            SlotTable.Of(real)?.Line.WakeTurn();
        }
    }

    private static void GoOnline(ReaderSlot* real, SlotOwner owner)
    {
        owner.Ledger?.GoOnline();
        real->ReaderWord |= ReaderFlags.Online;
        Section.Enter(real, real->State);
    }

    private static void GoOffline(ReaderSlot* real, SlotOwner owner)
    {
        owner.StaysOnline = false;
        Order.Release(ref real->Word, real->Word - 1);
        real->ReaderWord &= ~ReaderFlags.Online;
        WakeAwaiting(real);
        if (owner.Ledger is { } ledger)
        {
            ledger.GoOffline();
            SlotTable.Of(real)?.AfterSection();
        }
    }

    /// <summary>Whether the slot's thread is online. Any thread may ask.</summary>
    public static bool IsOnline(ReaderSlot* real) => (Order.Acquire(in real->ReaderWord) & ReaderFlags.Online) != 0;

    // Number 0, after the thread's last reader was closed, is the last access to a slot that may be freed from then on.
    // The reader that is current already stores nothing, as that might undo a request to wake a thread.
    private static void MakeCurrent(ReaderSlot* real, ulong number)
    {
        if ((real->ReaderWord & ~ReaderFlags.Flags) != number)
        {
            Order.Release(ref real->ReaderWord, (real->ReaderWord & ReaderFlags.Flags) | number);
        }
    }

    private static SlotOwner RequireLive(ReaderSlot* slot, ulong number)
    {
        if (slot == null)
        {
            ThrowDefault();
        }

        SlotOwner owner = ThreadRegistrations.OwnerOf(slot);
        if (!owner.IsLive(number))
        {
            throw new InvalidOperationException("The registered reader was used after its Dispose.");
        }

        MakeCurrent(ReaderSlot.Untwinned(slot), number);
        return owner;
    }

    private static void RequireOpen(ReaderSlot* slot)
    {
        if (Order.Acquire(in slot->State->Closed) != 0)
        {
            throw new ObjectDisposedException("RcuDomain");
        }
    }

    private static void RequireNoSection(ReaderSlot* slot, string message)
    {
        if (Section.IsHeld(slot))
        {
            throw new InvalidOperationException(message + Section.DescribeOpen(slot));
        }
    }

    [DoesNotReturn]
    private static void ThrowDefault() =>
        throw new InvalidOperationException(
            "A default reader belongs to no thread: get one from RegisterReader or RegisterOnlineReader.");
}
