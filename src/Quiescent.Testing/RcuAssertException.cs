namespace Quiescent.Testing;

/// <summary>What a check of this package found; any test framework counts it as a failure.</summary>
public sealed class RcuAssertException : Exception
{
    /// <summary>A finding without a message.</summary>
    public RcuAssertException()
    {
    }

    /// <summary>A finding.</summary>
    /// <param name="message">What happened.</param>
    public RcuAssertException(string message)
        : base(message)
    {
    }

    /// <summary>A finding, and what caused it.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">What caused it.</param>
    public RcuAssertException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
