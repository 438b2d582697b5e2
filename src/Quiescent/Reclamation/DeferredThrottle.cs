namespace Quiescent.Reclamation;

// What a thread has queued above the limit while a scope of it defers the pauses. The open scopes of a thread are a
// list, the newest first; what is queued is owed by the newest scope of its domain. A scope that closes passes what it
// owes to the next one of the same domain, whatever the order in which they close, and pays if there is none. Only a
// thread over the limit looks here.
internal sealed class DeferredThrottle
{
    [ThreadStatic]
    private static DeferredThrottle? t_newest;

    private readonly DomainCore _core;
    private DeferredThrottle? _next;
    private Amount _owed;

    private DeferredThrottle(DomainCore core) => _core = core;

    public static DeferredThrottle Open(DomainCore core)
    {
        DeferredThrottle scope = new(core) { _next = t_newest };
        t_newest = scope;
        return scope;
    }

    /// <summary>Records the amount if this thread defers its pauses in the domain.</summary>
    public static bool TryOwe(DomainCore core, in Amount amount)
    {
        DeferredThrottle? scope = t_newest;
        while (scope is not null && scope._core != core)
        {
            scope = scope._next;
        }

        if (scope is not null)
        {
            scope._owed += amount;
        }

        return scope is not null;
    }

    /// <summary>Closes the scope and pauses for what it owes. Nothing happens if it is closed already.</summary>
    public void Close()
    {
        if (TryUnlink() && !TryOwe(_core, _owed))
        {
            _core.BackPressure.PayDeferred(_owed);
            GC.KeepAlive(this); // O5 (slot visible before use): the end of the scope may be the domain's last use.
        }
    }

    private bool TryUnlink()
    {
        ref DeferredThrottle? link = ref t_newest;
        while (link is not null && link != this)
        {
            link = ref link._next;
        }

        if (link is null)
        {
            return false;
        }

        link = _next;
        return true;
    }
}
