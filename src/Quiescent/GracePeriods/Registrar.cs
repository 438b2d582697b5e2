using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// Gives the current thread a slot in a domain: a dead thread's if there is one, else a new one. If need be a sweep
// looks for dead threads, so neither garbage collections nor thread-exit hooks are needed, and the table never has more
// readers' slots than were needed at one time: by registered threads, and by ended ones with sleepable sections open.
internal sealed unsafe class Registrar(long domain, GracePeriodEngine engine, delegate*<ReaderSlot*, void> remember)
{
    /// <summary>The thread's slot, or its twin under Validate.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for a registration.</exception>
    public ReaderSlot* Register()
    {
        ReaderSlot* known = Known;
        if (known != null)
        {
            return known;
        }

        FaultInjection.ThrowIfDue(FaultSite.Registration);
        SlotTable slots = engine.Slots;
        ThreadRegistrations.Reserve();
        SlotOwner owner = new(slots, ThreadLife.OfCurrent());
        if (!slots.TryRegisterReleased(owner, out ReaderSlot* slot))
        {
            if (slots.IsSweepDue)
            {
                engine.Sweep();
            }

            if (!slots.TryRegisterReleased(owner, out slot))
            {
                slot = slots.Extend(owner);
            }
        }

        slot = slots.Validate ? ReaderSlot.TwinOf(slot) : slot;
        ThreadRegistrations.Add(domain, slot, owner);
        if (remember != null)
        {
            remember(slot);
        }

        return slot;
    }

    /// <summary>The thread's slot, or null before its registration.</summary>
    public ReaderSlot* Known => ThreadRegistrations.Find(domain);

    /// <summary>As <see cref="Register"/>, with null where there is no memory.</summary>
    public ReaderSlot* TryRegister()
    {
        try
        {
            return Register();
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }
}
