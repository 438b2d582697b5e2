using Quiescent.Readers;

namespace Quiescent;

/// <summary>
/// A cookie for a grace period (<c>get_state_synchronize_rcu</c>): ask <see cref="Rcu.Poll"/> whether a full grace
/// period has passed since it was taken. Valid for half of 2^48 grace periods.
/// </summary>
/// <remarks><b>Safety.</b> Two words: a variable of this type that threads share needs a lock of the program's
/// own.</remarks>
public readonly struct GracePeriodState : IEquatable<GracePeriodState>
{
    private readonly long _domain;

    internal GracePeriodState(long domain, ulong target)
    {
        _domain = domain;
        Target = target;
    }

    /// <summary>A cookie whose grace period has passed, in every domain (<c>get_completed_synchronize_rcu</c>); the
    /// default.</summary>
    public static GracePeriodState Completed => default;

    internal ulong Target { get; }

    /// <summary>Whether two cookies wait for the same grace period (<c>same_state_synchronize_rcu</c>).</summary>
    /// <param name="left">One cookie.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they are the same.</returns>
    public static bool operator ==(GracePeriodState left, GracePeriodState right) => left.Equals(right);

    /// <summary>Whether two cookies wait for different grace periods.</summary>
    /// <param name="left">One cookie.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they differ.</returns>
    public static bool operator !=(GracePeriodState left, GracePeriodState right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(GracePeriodState other) => _domain == other._domain && Target == other.Target;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GracePeriodState other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_domain, Target);

    /// <inheritdoc/>
    public override string ToString() =>
        _domain == 0 ? "completed" : $"grace period {Target >> SectionWord.SequenceShift} of domain {_domain}";

    /// <summary>Whether the cookie is <see cref="Completed"/>; throws for another domain's.</summary>
    internal bool IsCompleted(long domain)
    {
        if (_domain != 0 && _domain != domain)
        {
            throw new ArgumentException("The cookie was taken in another domain.", "state");
        }

        return _domain == 0;
    }
}
