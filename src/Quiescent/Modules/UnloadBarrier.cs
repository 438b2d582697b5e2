using Quiescent.Reclamation;

namespace Quiescent.Modules;

/// <summary>What an unload asks of one domain. Belongs to the domain, and is collected with it.</summary>
internal sealed unsafe class UnloadBarrier(DomainCore core)
{
    /// <summary>Whether this thread must not wait for what others wait for: inside a section of the domain, online, or in one of its
    /// callbacks.</summary>
    public bool IsEntangled => core.IsEntangled;

    /// <summary>Completes when all user code that waits now has been carried out; null when none waits. Faults, once it has, if the
    /// domain is disposed of.</summary>
    /// <exception cref="OutOfMemoryException">It would have to wait, and there is no memory for it.</exception>
    public Task? WhenReclaimed() =>
        BarrierTarget.Take(core, codeOnly: true) is { } target ? core.Reclaimer.WaitAsync(target.IsDone, CancellationToken.None) : null;
}
