namespace Quiescent;

/// <summary>
/// Thrown under <see cref="BacklogPolicy.Throw"/> when more waits than <see cref="RcuDomainOptions.BacklogLimit"/> or
/// <see cref="RcuDomainOptions.BacklogBytesLimit"/> allows. Nothing was queued; the caller still owns what it wanted to
/// hand over.
/// </summary>
public sealed class RcuBacklogException : InvalidOperationException
{
    /// <summary>The exception with a general message.</summary>
    public RcuBacklogException()
        : base("Too much waits for a grace period in this domain. Nothing was queued.")
    {
    }

    /// <summary>The exception with the given message.</summary>
    /// <param name="message">What happened.</param>
    public RcuBacklogException(string message)
        : base(message)
    {
    }

    /// <summary>The exception with the given message and cause.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">What caused it.</param>
    public RcuBacklogException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
