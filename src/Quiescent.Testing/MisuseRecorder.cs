namespace Quiescent.Testing;

/// <summary>Records what a domain reports while a test runs: stalls, failed callbacks, abandoned readers, and what
/// Validate found.</summary>
public sealed class MisuseRecorder : IDisposable
{
    private readonly GracePeriodDomain _domain;
    private readonly Lock _lock = new();
    private readonly List<EventArgs> _reports = [];

    /// <summary>Listens from here on.</summary>
    /// <param name="domain">The domain.</param>
    /// <exception cref="ArgumentNullException">The domain is null.</exception>
    public MisuseRecorder(GracePeriodDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        _domain = domain;
        domain.Stalled += Note;
        domain.CallbackFailed += Note;
        domain.ReaderAbandoned += Note;
        domain.MisuseFound += Note;
    }

    /// <summary>What was reported so far, in order.</summary>
    public IReadOnlyList<EventArgs> Reports
    {
        get
        {
            lock (_lock)
            {
                return [.. _reports];
            }
        }
    }

    /// <summary>Requires that nothing was reported.</summary>
    /// <exception cref="RcuAssertException">Something was; the message lists it.</exception>
    public void AssertNone()
    {
        IReadOnlyList<EventArgs> reports = Reports;
        if (reports.Count != 0)
        {
            throw new RcuAssertException(string.Join(Environment.NewLine, reports.Select(Describe)));
        }
    }

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        _domain.Stalled -= Note;
        _domain.CallbackFailed -= Note;
        _domain.ReaderAbandoned -= Note;
        _domain.MisuseFound -= Note;
    }

    private void Note(object? sender, EventArgs report)
    {
        lock (_lock)
        {
            _reports.Add(report);
        }
    }

    private static string Describe(EventArgs report) =>
        report is CallbackFailedEventArgs failed
            ? $"A callback of the rcu domain '{failed.DomainName}' failed: {failed.Exception}"
            : $"{report}";
}
