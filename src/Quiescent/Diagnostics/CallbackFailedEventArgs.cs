namespace Quiescent;

/// <summary>A callback or user deallocator that threw. All others run all the same.</summary>
public sealed class CallbackFailedEventArgs : EventArgs
{
    internal CallbackFailedEventArgs(string domain, Exception exception)
    {
        DomainName = domain;
        Exception = exception;
    }

    /// <summary>The domain's name.</summary>
    public string DomainName { get; }

    /// <summary>What it threw.</summary>
    public Exception Exception { get; }
}
