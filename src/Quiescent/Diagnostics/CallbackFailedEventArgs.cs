using Quiescent.Diagnostics;

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

    /// <summary>One line that names the domain; below it the exception, each line indented.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => ReportText.OfFailure(DomainName, callback: null, queuedAt: null, Exception);
}
