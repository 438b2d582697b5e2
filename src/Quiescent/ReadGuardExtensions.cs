namespace Quiescent;

/// <summary>What guards tell about their domains.</summary>
public static class ReadGuardExtensions
{
    /// <summary>Whether this is a section of the domain. What a structure of your own has published is protected by
    /// sections of its domain alone: let its look-ups ask. Costs a comparison or two.</summary>
    /// <param name="guard">The section.</param>
    /// <param name="domain">The domain.</param>
    /// <returns>False for another domain's section, and for a default guard.</returns>
    public static unsafe bool IsOf(this scoped in ReadGuard guard, RcuDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        bool isOf = guard.State == domain.Core.State;
        GC.KeepAlive(domain);
        return isOf;
    }
}
