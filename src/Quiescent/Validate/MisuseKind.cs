namespace Quiescent;

/// <summary>Misuse that <see cref="RcuDomainOptions.Validate"/> finds only after the offending call has returned. All
/// other misuse throws an exception at the call.</summary>
public enum MisuseKind
{
    /// <summary>A head was overwritten while it waited. It was left alone: its block leaks, its function is not
    /// called.</summary>
    HeadChanged,

    /// <summary>A block was written to after it had been reclaimed.</summary>
    WrittenAfterFree,
}
