namespace Quiescent;

/// <summary>What <see cref="RcuDomainOptions.Validate"/> finds out after the call that made it has returned. All else
/// is an exception.</summary>
public enum MisuseKind
{
    /// <summary>A head was overwritten while it waited. It was left alone: its block leaks, its function is not
    /// called.</summary>
    HeadChanged,

    /// <summary>A block was written to after it had been reclaimed.</summary>
    WrittenAfterFree,
}
