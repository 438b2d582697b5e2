using Quiescent.Reclamation;

namespace Quiescent;

/// <summary>
/// A scope in which <see cref="BacklogPolicy.Throttle"/> does not pause the thread that opened it:
/// <c>using (domain.DeferThrottle())</c>. Its end makes up for it, with one pause of at most a second.
/// </summary>
/// <remarks>The compiler keeps it on its thread. Scopes nest; only the end of the outermost of a domain
/// pauses. Until the scope is disposed of, nothing slows its thread down.</remarks>
public readonly ref struct ThrottleDeferral : IDisposable
{
    private readonly DeferredThrottle? _scope;

    internal ThrottleDeferral(DeferredThrottle scope) => _scope = scope;

    /// <summary>Ends the scope. If the backlog is still over its limit, the thread pauses for what it has queued in the
    /// scope: the time that this takes at half the limit a second, and at most a second. It does not pause inside a
    /// section of the domain, online, or in one of its callbacks. A second call does nothing, nor does one on
    /// <c>default</c>.</summary>
    public void Dispose() => _scope?.Close();
}
