using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Readers;

// The domains that this thread is registered with: an open-addressed table, keyed by the domain's number, and in front
// of it one domain, asked for last or often. A second table leads to the same entries by their slots. The entries die
// with the thread. The engine's sweep finds the slots of dead threads.
//
// An entry does not keep its domain, nor the slot's memory (SlotTable.cs, at O5). So a slot is dereferenced only by a
// caller that has the domain, or a section or registered reader open in it; or through its owner, which knows whether
// the memory is gone. Numbers of domains are never used again: that of a domain that is gone matches nothing. An
// address may be used again, so what is found by it is skipped if it is gone.
internal sealed unsafe class ThreadRegistrations
{
    private const int MinLength = 4;

    [ThreadStatic]
    private static ThreadRegistrations? t_current;

    // One of the domains, in thread-local words that need no object: most threads use one domain at a time.
    [ThreadStatic]
    private static long t_lastDomain;

    [ThreadStatic]
    private static ReaderSlot* t_lastSlot;

    private Registration[] _entries = new Registration[MinLength];
    private int[] _bySlot = new int[MinLength]; // Each is an entry's index and 1; 0 is free.
    private int _count;
    private Recurrence _recurrence;

    /// <summary>This thread's slot in the domain (its twin under Validate), or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReaderSlot* Find(long domain) => t_lastDomain == domain ? t_lastSlot : FindInTable(domain);

    /// <summary>The domain in the thread-local words (0: none), with this thread's slot there. For the fast path of a
    /// section: it compares with its domain's number after the look-up, which is a call on some platforms, and keeps no
    /// register across it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Last(out ReaderSlot* slot)
    {
        slot = t_lastSlot;
        return t_lastDomain;
    }

    /// <summary>As <see cref="Find"/>, for a caller that has looked at <see cref="Last"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ReaderSlot* FindInTable(long domain)
    {
        if (Current is not { } current)
        {
            return null;
        }

        Registration[] entries = current._entries;
        for (int i = (int)domain & (entries.Length - 1); entries[i].Domain != 0; i = (i + 1) & (entries.Length - 1))
        {
            if (entries[i].Domain == domain)
            {
                if (current._recurrence.IsDueAfterMiss(domain))
                {
                    SetLast(domain, entries[i].Slot);
                }

                return entries[i].Slot;
            }
        }

        return null;
    }

    /// <summary>The owner of a slot of this thread.</summary>
    /// <exception cref="InvalidOperationException">The slot is not this thread's.</exception>
    public static SlotOwner OwnerOf(ReaderSlot* slot) => TryOwnerOf(slot) ?? throw new InvalidOperationException(
        "The section or registered reader is another thread's: end a section, and use a registered reader, "
        + "on the thread that opened it.");

    /// <summary>The owner of a slot of this thread, or null. Compares addresses; does not touch the slot.</summary>
    public static SlotOwner? TryOwnerOf(ReaderSlot* slot)
    {
        if (Current is not { } current)
        {
            return null;
        }

        int[] bySlot = current._bySlot;
        ReaderSlot* real = ReaderSlot.Untwinned(slot);
        for (int i = Hash(real, bySlot.Length); bySlot[i] != 0; i = (i + 1) & (bySlot.Length - 1))
        {
            ref readonly Registration entry = ref current._entries[bySlot[i] - 1];
            if (ReaderSlot.Untwinned(entry.Slot) == real && !entry.Owner!.IsFreed)
            {
                return entry.Owner;
            }
        }

        return null;
    }

    /// <summary>The domains whose grace periods this thread holds up, by their numbers.</summary>
    public static List<(long Domain, SlotOwner Owner)> HoldingUpGracePeriods()
    {
        List<(long Domain, SlotOwner Owner)> holding = [];
        if (Current is { } current)
        {
            foreach (ref readonly Registration entry in current._entries.AsSpan())
            {
                if (entry.Owner is { } owner && owner.HoldsUpGracePeriods(entry.Slot))
                {
                    holding.Add((entry.Domain, owner));
                }
            }
        }

        return holding;
    }

    /// <summary>Room for one more, so that <see cref="Add"/> cannot fail after a slot was taken.</summary>
    public static void Reserve()
    {
        ThreadRegistrations current = Current ?? (t_current = new ThreadRegistrations());
        if ((current._count + 1) * 2 > current._entries.Length)
        {
            current.Rebuild();
        }
    }

    /// <summary>Records a registration; call <see cref="Reserve"/> before.</summary>
    public static void Add(long domain, ReaderSlot* slot, SlotOwner owner)
    {
        ThreadRegistrations current = t_current!;
        Insert(current._entries, current._bySlot, new Registration { Domain = domain, Slot = slot, Owner = owner });
        current._count++;
        owner.Registrations = current;
        SetLast(domain, slot); // FindAfterAttachment() finds the others by it.
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SetLast(long domain, ReaderSlot* slot)
    {
        t_lastSlot = slot;
        t_lastDomain = domain;
    }

    private static ThreadRegistrations? Current => t_current ?? FindAfterAttachment();

    // A thread that the runtime has attached again still has its words, but its objects are gone
    // (Ordering/ThreadLife.cs). Any one slot leads to them: it is the thread's for as long as the operating system runs
    // the thread. The default domain's is at hand. The domain in the words may be gone, and with it the slot's
    // memory; then any other one will do.
    private static ThreadRegistrations? FindAfterAttachment()
    {
        if (!OsThread.CanTell)
        {
            return null; // There a table may be freed when the thread's object is dead: its words may lead nowhere.
        }

        // SAFETY: the default domain's table is never freed.
        ReaderSlot* slot = DefaultSlot.OfThisThread;
        t_current = slot != null ? SlotTable.OwnerOf(slot)?.Registrations
            : t_lastDomain != 0 ? SlotTable.FindRegistrations(t_lastDomain)
            : null;
        if (t_current is null)
        {
            t_lastDomain = 0; // All of its domains are gone.
        }

        return t_current;
    }

    // The slots of two domains may differ in a few bits alone, and those may be anywhere.
    private static int Hash(ReaderSlot* real, int length) =>
        (int)(((ulong)real * 0x9E37_79B9_7F4A_7C15) >> 33) & (length - 1);

    private static void Insert(Registration[] entries, int[] bySlot, in Registration registration)
    {
        int i = (int)registration.Domain & (entries.Length - 1);
        while (entries[i].Domain != 0)
        {
            i = (i + 1) & (entries.Length - 1);
        }

        int k = Hash(ReaderSlot.Untwinned(registration.Slot), bySlot.Length);
        while (bySlot[k] != 0)
        {
            k = (k + 1) & (bySlot.Length - 1);
        }

        entries[i] = registration;
        bySlot[k] = i + 1;
    }

    // Leaves out domains that are gone, and disposed ones in which this thread has neither a section nor a registered
    // reader. Sizes the table so that what is left fills less than a third of it.
    private void Rebuild()
    {
        t_lastDomain = 0;
        int live = 0;
        foreach (ref readonly Registration entry in _entries.AsSpan())
        {
            live += entry.IsNeeded ? 1 : 0;
        }

        int length = MinLength;
        while (length < (live + 1) * 3)
        {
            length *= 2;
        }

        Registration[] entries = new Registration[length];
        int[] bySlot = new int[length];
        foreach (ref readonly Registration entry in _entries.AsSpan())
        {
            if (entry.IsNeeded)
            {
                Insert(entries, bySlot, entry);
            }
        }

        _entries = entries;
        _bySlot = bySlot;
        _count = live;
    }

    private struct Registration
    {
        public long Domain;
        public ReaderSlot* Slot;
        public SlotOwner? Owner;

        public readonly bool IsNeeded => Owner is not null && Owner.IsNeeded(Slot);
    }
}
