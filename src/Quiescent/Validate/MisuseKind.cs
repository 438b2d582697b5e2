namespace Quiescent;

/// <summary>What <see cref="RcuDomainOptions.Validate"/> finds out when whoever did it has gone on. All else is an
/// exception.</summary>
public enum MisuseKind
{
    /// <summary>A head was overwritten while it waited. It was not carried out: its block leaks, its function is not
    /// called.</summary>
    HeadChanged,

    /// <summary>A block was written to after it had been reclaimed.</summary>
    WrittenAfterFree,
}
