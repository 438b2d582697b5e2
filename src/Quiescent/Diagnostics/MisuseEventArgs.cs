using System.Globalization;
using Quiescent.Validate;

namespace Quiescent;

/// <summary>A misuse that <see cref="RcuDomainOptions.Validate"/> found.</summary>
public sealed class MisuseEventArgs : EventArgs
{
    internal MisuseEventArgs(string domain, Finding finding)
    {
        DomainName = domain;
        Misuse = finding.Misuse;
        Address = finding.Block + (nint)finding.Offset;
        QueuedAt = finding.QueuedAt;
    }

    /// <summary>The domain's name.</summary>
    public string DomainName { get; }

    /// <summary>The kind of misuse.</summary>
    public MisuseKind Misuse { get; }

    /// <summary>The head, or the first byte that was written.</summary>
    public nint Address { get; }

    /// <summary>Where the block was queued: method, file and line. The place of the write itself is not
    /// known.</summary>
    public string QueuedAt { get; }

    /// <summary>What happened, and where the block was queued.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"rcu domain '{DomainName}': {Said} at 0x{Address:x}\n  its block was queued at: {QueuedAt}");

    private string Said => Misuse == MisuseKind.HeadChanged
        ? "a head was overwritten while it waited, and its block leaks,"
        : "a block was written to after it had been reclaimed,";
}
